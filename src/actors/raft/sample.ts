/**
 * Material for the tests of the reducers: replicas as they come up, steps taken without a world, and what came out.
 * Imported by tests only.
 */
import type { EventObject } from 'xstate';
import { present } from '../../kernel/assert.ts';
import { Received, Stimulus, type Effect, type Message } from '../../kernel/effects.ts';
import { CLUSTER_METADATA_TOPIC, type FetchPartition, type FetchPartitionData, type FetchRequest, type FetchResponse, type MetadataBatch } from '../../kafka/api.ts';
import { RaftLog } from '../../kafka/raft-log.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import type { Reduced } from '../reduction.ts';
import { electionTimedOut, handleVoteResponse } from './elections.ts';
import { handleFetch } from './fetch-service.ts';
import { handleFetchResponse } from './follower.ts';
import { start } from './start.ts';
import { recoverRaft, type RaftInput, type RaftState } from './state.ts';
import { quorumStateFlushed, takeStep, type RaftReducer } from './step.ts';
import { noteLogFlushed } from './storage.ts';

export const CONFIG = { electionTimeoutMs: 1_000, fetchTimeoutMs: 2_000, electionBackoffMaxMs: 1_000, requestTimeoutMs: 2_000, retryBackoffMs: 20 };

const record = (value: string) => ({ type: 'ConfigRecord', resourceType: 2, resourceName: 'counter', name: 'n', value }) as const;

/** A log with one record in each of these epochs. */
export function logOf(...epochs: readonly number[]): RaftLog {
  return epochs.reduce((log, epoch, i) => log.append([record(String(i))], epoch), RaftLog.empty());
}

export function inputOf(change: Partial<RaftInput> = {}): RaftInput {
  return {
    nodeId: 0, voters: [0, 1, 2], rules: KAFKA_RULES, config: CONFIG, listeners: ['listener'], controller: 'controller',
    disk: { log: undefined, quorumState: undefined, snapshot: undefined }, ...change,
  };
}

/** One replica and what its steps have asked for. */
export class Replica {
  state: RaftState;
  effects: readonly Effect[] = [];

  constructor(change: Partial<RaftInput> = {}) {
    this.state = recoverRaft(inputOf(change));
    this.timer('start', start);
    this.settle();
  }

  private take({ state, effects }: Reduced<RaftState>): this {
    this.state = state;
    this.effects = effects;
    return this;
  }

  step<Ev extends EventObject>(event: Ev, handle: RaftReducer<Ev>): this {
    return this.take(takeStep(this.state, event, handle));
  }

  timer(name: string, handle: (state: RaftState, effects: Effect[]) => RaftState): this {
    return this.step(new Stimulus(`timer.${name}`, 0, 12_345, undefined), (state, _event, effects) => handle(state, effects));
  }

  receive<M extends Message>(from: number, message: M, handle: RaftReducer<Received<M>>): this {
    return this.step(new Received(message, 0, 12_345, from, 77), handle);
  }

  /** The disk finishes what it was asked for; what that lets out is in `effects`. */
  settle(): this {
    this.flushQuorumState();
    while (this.state.isFlushing) this.flushLog();
    return this;
  }

  flushQuorumState(): this {
    return this.step(new Stimulus('quorumState.flushed', 0, 12_345, undefined), (state) => quorumStateFlushed(state, state.quorumStateVersion));
  }

  flushLog(): this {
    const data = { endOffset: this.state.log.endOffset, truncations: this.state.truncations };
    return this.step(new Stimulus('log.flushed', 0, 12_345, undefined), (state) => noteLogFlushed(state, { file: 'log', data }));
  }

  /** Messages that left in the last step, requests and answers. */
  get left(): readonly Message[] {
    return this.effects.flatMap((effect) => (effect.kind === 'send' || effect.kind === 'reply' ? [effect.message] : []));
  }

  leftTo(node: number): readonly Message[] {
    return this.effects.flatMap((effect) => (effect.kind === 'send' && effect.to === node ? [effect.message] : []));
  }

  told(type: string): readonly Message[] {
    return this.effects.flatMap((effect) => (effect.kind === 'tell' && effect.event.type === type ? [effect.event] : []));
  }

  marked(label: string): boolean {
    return this.effects.some((effect) => effect.kind === 'mark' && effect.label === label);
  }

  correlationTo(node: number): number {
    return present(this.state.connections.get(node), `connection to ${node}`).correlationId;
  }

  /** Through its elections into the lead, with the votes of a majority, lowest ids first; everything flushed. */
  lead(): this {
    this.timer('election', electionTimedOut).settle();
    while (!this.state.isLeader) {
      const from = present(this.state.voters.find((id) => !this.state.granted.includes(id)), 'a voter');
      this.receive(from, { type: 'VoteResponse', correlationId: this.correlationTo(from), errorCode: 'NONE', leaderId: -1, leaderEpoch: this.state.epoch, voteGranted: true }, handleVoteResponse);
      if (this.state.role === 'Candidate' && this.state.granted.length === 1) this.settle();
    }
    return this.settle();
  }

  fetchFrom(from: number, partition: Partial<FetchPartition>): this {
    return this.receive(from, fetchRequest(from, { currentLeaderEpoch: this.state.epoch, ...partition }), handleFetch);
  }

  answerFetch(from: number, data: Partial<FetchPartitionData<MetadataBatch>>): this {
    return this.receive(from, fetchResponse(this.correlationTo(from), { currentLeader: { leaderId: from, leaderEpoch: this.state.epoch }, ...data }), handleFetchResponse);
  }
}

export function fetchRequest(replicaId: number, partition: Partial<FetchPartition>): FetchRequest {
  const whole: FetchPartition = { partition: 0, currentLeaderEpoch: 0, fetchOffset: 0, lastFetchedEpoch: 0, logStartOffset: 0, partitionMaxBytes: 1_000_000, ...partition };
  return {
    type: 'FetchRequest', correlationId: 5, replicaState: { replicaId, replicaEpoch: -1 }, maxWaitMs: 500, minBytes: 1, maxBytes: 1_000_000, isolationLevel: 'read_uncommitted',
    topics: [{ topic: CLUSTER_METADATA_TOPIC, partitions: [whole] }],
  };
}

export function fetchResponse(correlationId: number, data: Partial<FetchPartitionData<MetadataBatch>>): FetchResponse<MetadataBatch> {
  const whole: FetchPartitionData<MetadataBatch> = { partitionIndex: 0, errorCode: 'NONE', highWatermark: 0, lastStableOffset: 0, logStartOffset: 0, records: [], ...data };
  return { type: 'FetchResponse', correlationId, responses: [{ topic: CLUSTER_METADATA_TOPIC, partitions: [whole] }] };
}

/** The one partition of a fetch answer that left. */
export function partitionOf(message: Message | undefined): FetchPartitionData<MetadataBatch> {
  return present((message as FetchResponse<MetadataBatch> | undefined)?.responses[0]?.partitions[0], 'partition');
}
