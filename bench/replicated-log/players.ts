/** Who plays the peers in the loop: a statechart program of any engine, stepped as the kernel does it, or the plain switch. */
import type { EffectsEmitted } from '../../src/kernel/effects.ts';
import type { EventObject, MachineState, OutputSink, Program } from '../../src/kernel/statechart/engine.ts';
import type { Reduced } from '../../src/actors/reduction.ts';
import type { Loop, Players } from './loop.ts';
import type { PeerEvent } from './messages.ts';
import { PEER_COUNT, type PeerState } from './state.ts';
import { started, stepped, type Peer } from './switch.ts';

export class EnginePlayers implements Players, OutputSink {
  private readonly program: Program;
  private readonly states: MachineState[] = [];
  private loop: Loop | undefined;
  private peer = 0;

  constructor(program: Program) {
    this.program = program;
  }

  start(loop: Loop): void {
    this.loop = loop;
    for (let id = 0; id < PEER_COUNT; id += 1) {
      this.peer = id;
      this.states.push(this.program.start({ id }, this));
    }
  }

  step(_loop: Loop, peer: number, event: PeerEvent): void {
    this.peer = peer;
    this.states[peer] = this.program.step(this.states[peer] as MachineState, event, this);
  }

  stateOf(peer: number): PeerState {
    return ((this.states[peer] as MachineState).context as Reduced<PeerState>).state;
  }

  emit(event: EventObject): void {
    (this.loop as Loop).carryOut(this.peer, (event as EffectsEmitted).effects);
  }

  schedule(id: string, delayMs: number, event: EventObject): void {
    (this.loop as Loop).arm(this.peer, id, delayMs, event.type);
  }

  cancel(id: string): void {
    (this.loop as Loop).disarm(this.peer, id);
  }
}

export class SwitchPlayers implements Players {
  private readonly peers: Peer[] = [];

  start(loop: Loop): void {
    for (let id = 0; id < PEER_COUNT; id += 1) this.peers.push(started(loop, id));
  }

  step(loop: Loop, peer: number, event: PeerEvent): void {
    this.peers[peer] = stepped(loop, peer, this.peers[peer] as Peer, event);
  }

  stateOf(peer: number): PeerState {
    return (this.peers[peer] as Peer).state;
  }
}
