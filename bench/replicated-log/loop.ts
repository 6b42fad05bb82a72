/**
 * The smallest event loop that the replicated log can live in: the kernel's queue, timers that are re-armed in place, a
 * network that delays, loses and duplicates, a client that proposes a command every 10 ms. Whoever plays the peers, the
 * loop is the same; it is kept lean, because whatever it costs would flatter the ratio.
 *
 * Left out, against the kernel: connections, disks, incarnations, forks, monitors, traces.
 */
import { Digest } from '../../src/kernel/digest.ts';
import { assert, present } from '../../src/kernel/assert.ts';
import { Received, Stimulus, type Effect, type Message } from '../../src/kernel/effects.ts';
import { draw32, hashString, scaleDraw } from '../../src/kernel/hash.ts';
import { EntryKind, EventQueue, QueueEntry } from '../../src/kernel/queue.ts';
import { NEVER_US, US_PER_MS, msOfUs } from '../../src/kernel/time.ts';
import type { PeerEvent, ProposeRequest, ProposeResponse } from './messages.ts';
import { CLIENT, PEER_COUNT, type PeerState } from './state.ts';

/** Who plays the peers: one of the engines, or the plain switch. */
export interface Players {
  start(loop: Loop): void;
  step(loop: Loop, peer: number, event: PeerEvent): void;
  stateOf(peer: number): PeerState;
}

const PROPOSAL_EVERY_US = 10 * US_PER_MS;
const MIN_DELAY_US = 1 * US_PER_MS;
const MAX_DELAY_US = 10 * US_PER_MS;
const LOSS_IN_1024 = 20;
const DUPLICATION_IN_1024 = 10;
/** Each in turn, a peer hears and says nothing for half a second: whoever leads must be replaced now and then. */
const CUT_EVERY_US = 4_000 * US_PER_MS;
const CUT_FOR_US = 500 * US_PER_MS;

class Flight {
  readonly from: number;
  readonly message: Message;

  constructor(from: number, message: Message) {
    this.from = from;
    this.message = message;
  }
}

/** A timer of a peer; see agenda.ts of the kernel for carriers. */
class LoopTimer {
  readonly key: string;
  type = '';
  deadlineUs = NEVER_US;
  sequence = 0;
  carrierAtUs = NEVER_US;
  carrierSequence = 0;

  constructor(key: string) {
    this.key = key;
  }
}

export class Loop {
  /** Messages delivered, to peers and to the client. */
  private messages = 0;
  private commits = 0;
  private nowUs = 0;
  private sequence = 0;
  private steps = 0;
  private readonly digest = new Digest();
  private readonly queue = new EventQueue();
  private readonly timers: readonly LoopTimer[][] = Array.from({ length: PEER_COUNT }, () => []);
  private readonly linkCounts: number[] = Array.from({ length: (PEER_COUNT + 1) ** 2 }, () => 0);
  private readonly linkKey: number;
  private readonly players: Players;
  private proposals = 0;
  private believedLeader = 0;

  constructor(seed: string, players: Players) {
    this.linkKey = hashString('network', hashString(seed));
    this.players = players;
    players.start(this);
    this.push(0, EntryKind.control, CLIENT, undefined);
  }

  /** Runs until `messages` messages have been delivered; returns how many that were. */
  run(messages: number): number {
    while (this.messages < messages) {
      const entry = present(this.queue.pop(), 'the next event: the client never rests');
      this.nowUs = entry.atUs;
      this.handle(entry);
    }
    return this.messages;
  }

  /** Proposals that the client knows to be committed, and the digest of every step and of the logs they led to. */
  outcome(): { readonly commits: number; readonly digest: string } {
    const digest = this.digest.fork();
    for (let peer = 0; peer < PEER_COUNT; peer += 1) {
      const { epoch, commitLength, log } = this.players.stateOf(peer);
      digest.addData({ peer, epoch, commitLength, entries: log.slice() });
    }
    return { commits: this.commits, digest: digest.toString() };
  }

  // --- what peers ask for ------------------------------------------------------------------------------------------

  carryOut(peer: number, effects: readonly Effect[]): void {
    for (let i = 0; i < effects.length; i += 1) this.perform(peer, effects[i] as Effect);
  }

  arm(peer: number, key: string, delayMs: number, type: string): void {
    const timer = this.timer(peer, key);
    this.sequence += 1;
    timer.type = type;
    timer.deadlineUs = this.nowUs + delayMs * US_PER_MS;
    timer.sequence = this.sequence;
    if (timer.carrierAtUs <= timer.deadlineUs) return;
    this.carry(peer, timer);
  }

  disarm(peer: number, key: string): void {
    this.timer(peer, key).deadlineUs = NEVER_US;
  }

  private perform(peer: number, effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.send(peer, effect.to, effect.message);
        return;
      case 'schedule':
        this.arm(peer, effect.key, effect.delayMs, effect.type);
        return;
      case 'cancel':
        this.disarm(peer, effect.key);
        return;
      default:
        assert(false, `the replicated log has no ${effect.kind}`);
    }
  }

  private send(from: number, to: number, message: Message): void {
    const link = from * (PEER_COUNT + 1) + to;
    const n = this.linkCounts[link] as number;
    this.linkCounts[link] = n + 1;
    const draw = draw32(this.linkKey + link, n);
    if ((draw & 1023) < LOSS_IN_1024 || this.isCut(from) || this.isCut(to)) return;
    const flight = new Flight(from, message);
    const delayUs = MIN_DELAY_US + scaleDraw(draw, MAX_DELAY_US - MIN_DELAY_US);
    this.push(this.nowUs + delayUs, EntryKind.frame, to, flight);
    if (((draw >>> 10) & 1023) < DUPLICATION_IN_1024) this.push(this.nowUs + 2 * delayUs, EntryKind.frame, to, flight);
  }

  private isCut(peer: number): boolean {
    return this.nowUs % CUT_EVERY_US >= CUT_EVERY_US - CUT_FOR_US && Math.floor(this.nowUs / CUT_EVERY_US) % PEER_COUNT === peer;
  }

  // --- what happens ------------------------------------------------------------------------------------------------

  private handle(entry: QueueEntry): void {
    switch (entry.kind) {
      case EntryKind.frame: {
        const { from, message } = entry.payload as Flight;
        this.messages += 1;
        if (entry.node === CLIENT) this.answered(message as ProposeResponse, from);
        else this.step(entry.node, new Received(message, msOfUs(this.nowUs), this.draw(), from, -1) as PeerEvent);
        return;
      }
      case EntryKind.timer:
        this.expire(entry);
        return;
      case EntryKind.control:
        this.propose();
        return;
      default:
        assert(false, `the loop has no entry kind ${entry.kind}`);
    }
  }

  private step(peer: number, event: PeerEvent): void {
    this.players.step(this, peer, event);
    const { epoch, commitLength, log } = this.players.stateOf(peer);
    this.digest.add(this.nowUs);
    this.digest.add((epoch << 2) ^ peer);
    this.digest.add(log.length ^ (commitLength << 16));
  }

  private expire(entry: QueueEntry): void {
    const timer = this.timer(entry.node, entry.payload as string);
    if (timer.carrierSequence !== entry.sequence) return;
    timer.carrierAtUs = NEVER_US;
    if (timer.deadlineUs === NEVER_US) return;
    if (timer.sequence !== entry.sequence) {
      this.carry(entry.node, timer);
      return;
    }
    timer.deadlineUs = NEVER_US;
    this.step(entry.node, new Stimulus(timer.type, msOfUs(this.nowUs), this.draw(), undefined) as PeerEvent);
  }

  private propose(): void {
    this.proposals += 1;
    const message: ProposeRequest = { type: 'ProposeRequest', command: this.proposals };
    this.send(CLIENT, this.believedLeader, message);
    this.push(this.nowUs + PROPOSAL_EVERY_US, EntryKind.control, CLIENT, undefined);
    // Without any answer the client tries the next one, too.
    if (this.proposals % 64 === 0) this.believedLeader = (this.believedLeader + 1) % PEER_COUNT;
  }

  private answered({ isCommitted, command }: ProposeResponse, from: number): void {
    this.digest.add(command);
    if (isCommitted) {
      this.commits += 1;
      this.believedLeader = from;
    } else if (from === this.believedLeader) this.believedLeader = (from + 1) % PEER_COUNT;
  }

  // --- plumbing ----------------------------------------------------------------------------------------------------

  private timer(peer: number, key: string): LoopTimer {
    const timers = this.timers[peer] as LoopTimer[];
    for (let i = 0; i < timers.length; i += 1) if ((timers[i] as LoopTimer).key === key) return timers[i] as LoopTimer;
    const timer = new LoopTimer(key);
    timers.push(timer);
    return timer;
  }

  private carry(peer: number, timer: LoopTimer): void {
    timer.carrierAtUs = timer.deadlineUs;
    timer.carrierSequence = timer.sequence;
    this.queue.push(new QueueEntry(timer.deadlineUs, timer.sequence, EntryKind.timer, peer, 0, 0, timer.key));
  }

  private push(atUs: number, kind: EntryKind, node: number, payload: unknown): void {
    this.sequence += 1;
    this.queue.push(new QueueEntry(atUs, this.sequence, kind, node, 0, 0, payload));
  }

  private draw(): number {
    this.steps += 1;
    return draw32(this.linkKey, this.steps);
  }
}
