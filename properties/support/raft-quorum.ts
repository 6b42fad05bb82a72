/**
 * A controller quorum on the real network and disks: voters 0 to n-1, observers after them, and above each replica a
 * listener in place of controller and broker. While its replica leads, the listener appends one record after the other,
 * numbered; it writes down what it is told, and now and then hands back a snapshot of it.
 */
import { setup } from 'xstate';
import { RAFT_MACHINE, type MetadataSnapshot, type RaftAppend, type RaftBecameLeader, type RaftCommitted, type RaftLeaderChanged, type RaftResigned } from '../../src/actors/raft/events.ts';
import { raftMachine } from '../../src/actors/raft/machine.ts';
import { QUORUM_STATE_FILE, RAFT_LOG_FILE, raftConfig, raftDisk, type RaftDisk, type RaftInput, type RaftState } from '../../src/actors/raft/state.ts';
import { handOver, quietly, reduces, type Reduced } from '../../src/actors/reduction.ts';
import { parseConfig } from '../../src/kafka/config.ts';
import type { MetadataImage } from '../../src/kafka/metadata.ts';
import type { MetadataRecord } from '../../src/kafka/metadata-records.ts';
import { KAFKA_RULES, type Rules } from '../../src/kafka/rules.ts';
import { assert } from '../../src/kernel/assert.ts';
import type { Effect, EffectsEmitted, Stimulus } from '../../src/kernel/effects.ts';
import type { NodeSpec } from '../../src/kernel/process.ts';
import type { EngineName } from '../../src/kernel/statechart/engine.ts';
import { engine } from '../../src/kernel/statechart/engines.ts';
import type { Tracer } from '../../src/kernel/trace.ts';
import { US_PER_MS } from '../../src/kernel/time.ts';
import { World } from '../../src/kernel/world.ts';
import { bothWays } from '../../src/network/conditions.ts';
import { ConnectionNetwork } from '../../src/network/connection-network.ts';
import { RaftInvariants } from './raft-invariants.ts';

const LISTENER = 'listener';

/** What stands in an image's place: the numbers that were appended, in order. The Raft client never looks inside. */
export interface Numbers {
  readonly numbers: readonly string[];
}

export interface ListenerState extends Numbers {
  readonly nodeId: number;
  readonly appendEveryMs: number;
  readonly snapshotEvery: number;
  readonly endOffset: number;
  readonly snapshotOffset: number;
  /** What it heard of, in short. */
  readonly isGapless: boolean;
  /** While it leads. */
  readonly leads: { readonly epoch: number; readonly nextOffset: number; readonly serial: number } | null;
  readonly knownLeader: number;
}

type ListenerInput = Pick<ListenerState, 'nodeId' | 'appendEveryMs' | 'snapshotEvery'>;
type ListenerEvent = RaftCommitted | RaftLeaderChanged | RaftBecameLeader | RaftResigned | Stimulus<'timer.append'>;

const configRecord = (value: string): MetadataRecord => ({ type: 'ConfigRecord', resourceType: 2, resourceName: 'counter', name: 'n', value });

function hear(before: ListenerState, { batches, endOffset, snapshot }: RaftCommitted): Reduced<ListenerState> {
  let { numbers, endOffset: at, isGapless } = before;
  let { snapshotOffset } = before;
  if (snapshot !== null) {
    ({ numbers } = snapshot.image as unknown as Numbers);
    isGapless &&= snapshot.endOffset >= at;
    at = snapshot.endOffset;
    snapshotOffset = at;
  }
  const added: string[] = [];
  for (const { baseOffset, records } of batches) {
    isGapless &&= baseOffset === at;
    at = baseOffset + records.length;
    for (const record of records) if (record.type === 'ConfigRecord') added.push(record.value ?? '');
  }
  isGapless &&= at === endOffset;
  if (added.length > 0) numbers = [...numbers, ...added];
  const effects: Effect[] = [];
  if (before.snapshotEvery > 0 && at - snapshotOffset >= before.snapshotEvery) {
    const image = { numbers } satisfies Numbers as unknown as MetadataImage;
    effects.push({ kind: 'tell', to: RAFT_MACHINE, event: { type: 'raft.snapshotTaken', endOffset: at, image } as { readonly type: string } });
    snapshotOffset = at;
  }
  return { state: { ...before, numbers, endOffset: at, isGapless, snapshotOffset }, effects };
}

function lead(before: ListenerState, { epoch, nextOffset }: RaftBecameLeader): Reduced<ListenerState> {
  // Leadership comes when everything before it was told.
  const isGapless = before.isGapless && before.endOffset === nextOffset && before.leads === null;
  return { state: { ...before, isGapless, leads: { epoch, nextOffset, serial: 0 } }, effects: [appendTimer(before)] };
}

function resign(before: ListenerState, { epoch }: RaftResigned): Reduced<ListenerState> {
  return quietly({ ...before, isGapless: before.isGapless && before.leads?.epoch === epoch, leads: null });
}

function append(before: ListenerState): Reduced<ListenerState> {
  const { leads, nodeId } = before;
  if (leads === null) return quietly(before);
  const { epoch, nextOffset, serial } = leads;
  const event: RaftAppend = { type: 'raft.append', epoch, baseOffset: nextOffset, records: [configRecord(`${epoch}/${nodeId}/${serial}`)] };
  const state = { ...before, leads: { epoch, nextOffset: nextOffset + 1, serial: serial + 1 } };
  return { state, effects: [{ kind: 'tell', to: RAFT_MACHINE, event }, appendTimer(before)] };
}

function appendTimer({ appendEveryMs }: ListenerState): Effect {
  return { kind: 'schedule', key: 'append', delayMs: appendEveryMs, type: 'timer.append' };
}

export const listenerMachine = setup({
  types: {} as { context: Reduced<ListenerState>; events: ListenerEvent; input: ListenerInput; emitted: EffectsEmitted },
  actions: {
    hear: reduces(hear),
    lead: reduces(lead),
    resign: reduces(resign),
    append: reduces((state: ListenerState, _event: ListenerEvent) => append(state)),
    noteLeader: reduces((state: ListenerState, { leaderId }: RaftLeaderChanged) => quietly({ ...state, knownLeader: leaderId })),
    handOver,
  },
}).createMachine({
  id: 'listener',
  context: ({ input }) => quietly({ ...input, numbers: [], endOffset: 0, snapshotOffset: 0, isGapless: true, leads: null, knownLeader: -1 }),
  on: {
    'raft.committed': { actions: ['hear', 'handOver'] },
    'raft.becameLeader': { actions: ['lead', 'handOver'] },
    'raft.resigned': { actions: ['resign', 'handOver'] },
    'raft.leaderChanged': { actions: ['noteLeader', 'handOver'] },
    'timer.append': { actions: ['append', 'handOver'] },
  },
});

export interface RaftQuorumOptions {
  readonly seed?: string;
  readonly voters?: number;
  readonly observers?: number;
  readonly rules?: Rules;
  /** Broker configs by dotted name. */
  readonly config?: { readonly [name: string]: unknown };
  /** 0 for a leader that appends nothing. */
  readonly appendEveryMs?: number;
  /** Records after which a listener makes a snapshot, 0 for never. */
  readonly snapshotEvery?: number;
  /** What the voters' disks hold at the beginning, flushed. */
  readonly disks?: readonly Partial<RaftDisk>[];
  readonly engine?: EngineName;
  readonly tracer?: Tracer;
}

export class RaftQuorum {
  readonly world: World;
  readonly network: ConnectionNetwork;
  readonly invariants = new RaftInvariants();
  readonly voterIds: readonly number[];

  constructor(options: RaftQuorumOptions = {}) {
    const { seed = 'raft', voters = 3, observers = 0, rules = KAFKA_RULES, appendEveryMs = 40, snapshotEvery = 0 } = options;
    const { config, problems } = parseConfig('broker', options.config ?? {});
    assert(problems.length === 0, () => `config: ${JSON.stringify(problems)}`);
    this.voterIds = Array.from({ length: voters }, (_, id) => id);
    const nodes = Array.from({ length: voters + observers }, (_, nodeId): NodeSpec => ({
      name: nodeId < voters ? `voter-${nodeId}` : `observer-${nodeId}`,
      server: RAFT_MACHINE,
      boot: ({ read }) => [
        {
          name: RAFT_MACHINE,
          machine: 'raft',
          input: { nodeId, voters: this.voterIds, rules, config: raftConfig(config), listeners: [LISTENER], controller: nodeId < voters ? LISTENER : null, disk: raftDisk(read) } satisfies RaftInput,
        },
        { name: LISTENER, machine: 'listener', input: { nodeId, appendEveryMs: appendEveryMs === 0 ? 1e9 : appendEveryMs, snapshotEvery } satisfies ListenerInput },
      ],
    }));
    const runner = engine(options.engine ?? 'compiled');
    this.network = new ConnectionNetwork({ seed, nodeNames: nodes.map(({ name }) => name) });
    this.world = new World({
      seed,
      nodes,
      programs: { raft: runner.load(raftMachine), listener: runner.load(listenerMachine) },
      transport: this.network,
      monitor: this.invariants,
      monitored: ['raft'],
      ...(options.tracer === undefined ? {} : { tracer: options.tracer }),
    });
    (options.disks ?? []).forEach((files, index) => this.fill(index, files));
    nodes.forEach((_, index) => this.world.start(index));
  }

  private fill(node: number, { log, quorumState }: Partial<RaftDisk>): void {
    const { disk } = this.world.node(node);
    if (log !== undefined) disk.write(RAFT_LOG_FILE, log, undefined);
    if (quorumState !== undefined) disk.replace(QUORUM_STATE_FILE, quorumState);
    for (const file of disk.list()) disk.completeFlush(file, disk.beginFlush(file));
  }

  get nowMs(): number {
    return this.world.nowUs / US_PER_MS;
  }

  run(forMs: number): void {
    this.world.runUntil(this.world.nowUs + forMs * US_PER_MS);
  }

  /** Runs event by event until `isTrue`; how long it took, ms. Throws when it does not come true within `withinMs`. */
  until(what: string, withinMs: number, isTrue: () => boolean): number {
    const fromMs = this.nowMs;
    while (!isTrue()) {
      assert(this.world.nextAtUs <= (fromMs + withinMs) * US_PER_MS, () => `${what} within ${withinMs} ms of ${fromMs} ms: ${this.describe()}`);
      this.world.step();
    }
    return this.nowMs - fromMs;
  }

  raft(node: number): RaftState | undefined {
    return node === -1 ? undefined : (this.world.contextOf(node, RAFT_MACHINE) as Reduced<RaftState> | undefined)?.state;
  }

  listener(node: number): ListenerState | undefined {
    return (this.world.contextOf(node, LISTENER) as Reduced<ListenerState> | undefined)?.state;
  }

  snapshotOf(node: number): MetadataSnapshot | null {
    return this.raft(node)?.snapshot ?? null;
  }

  /** The leader of the highest epoch that anybody leads, -1 when nobody leads. */
  leader(): number {
    let found = -1;
    for (const id of this.voterIds) {
      const state = this.raft(id);
      if (state?.isLeader === true && state.epoch > (found === -1 ? -1 : (this.raft(found)?.epoch ?? -1))) found = id;
    }
    return found;
  }

  /** Waits for a leader whose controller knows it. */
  untilLed(withinMs = 10_000): number {
    this.until('a leader is elected', withinMs, () => this.leader() !== -1 && this.listener(this.leader())?.leads !== null);
    return this.leader();
  }

  followers(): number[] {
    return this.voterIds.filter((id) => id !== this.leader());
  }

  /** Cuts every link between the two groups, both ways, under `id`. */
  cut(id: string, some: readonly number[], others: readonly number[]): void {
    this.network.addRule(this.world, { id, links: bothWays(some, others), effect: { kind: 'cut' } });
  }

  mend(id: string): void {
    this.network.removeRule(this.world, id);
  }

  /** Ends every fault and starts whatever is down. */
  heal(): void {
    this.network.heal(this.world);
    for (let node = 0; node < this.world.nodeCount; node += 1) {
      this.world.setDiskCondition(node, { flushFails: false, full: false, slowFactor: 1 });
      this.world.resume(node);
      this.world.start(node);
    }
  }

  /** Everybody who is up has heard everything up to `endOffset`. */
  hasHeard(endOffset: number): boolean {
    for (let node = 0; node < this.world.nodeCount; node += 1) if (this.world.isUp(node) && (this.listener(node)?.endOffset ?? -1) < endOffset) return false;
    return true;
  }

  marked(label: string): number {
    return this.world.marksReached().get(label) ?? 0;
  }

  describe(): string {
    const lines = Array.from({ length: this.world.nodeCount }, (_, node) => {
      const state = this.raft(node);
      if (state === undefined) return `  ${node}: down`;
      const { role, epoch, votedId, leaderId, log, flushedEndOffset, highWatermark, toldEndOffset } = state;
      return `  ${node}: ${role} epoch ${epoch} voted ${votedId} leader ${leaderId} log ${log.startOffset}..${log.endOffset} flushed ${flushedEndOffset} hw ${highWatermark} told ${toldEndOffset}`;
    });
    return `at ${this.nowMs} ms\n${lines.join('\n')}`;
  }
}
