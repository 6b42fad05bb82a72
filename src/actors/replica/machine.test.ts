/** The transition table of a replica: which word from the controller counts, and who answers whom in which state. */
import { describe, expect, it } from 'vitest';
import { Stimulus, type Effect } from '../../kernel/effects.ts';
import type { EventObject, MachineState } from '../../kernel/statechart/engine.ts';
import { compiledEngine } from '../../kernel/statechart/engines.ts';
import type { Reduced } from '../reduction.ts';
import { replicaMachine } from './machine.ts';
import { BROKERS, LEADER_EPOCH, NAME, NOW_MS, PARTITION_EPOCH, partitionChanged, produced, readRequested, sampleSettings, SELF, told } from './sample.ts';
import { highWatermarkFile, type ReplicaState } from './state.ts';

const program = compiledEngine.load(replicaMachine);

class Replica {
  private machine: MachineState;
  effects: Effect[] = [];

  constructor() {
    this.machine = program.start({ brokerId: SELF, topic: 't', partition: 0, topicPartition: NAME, settings: sampleSettings(), disk: { log: undefined, epochs: undefined, highWatermark: undefined } }, this);
  }

  emit(event: EventObject): void { this.effects.push(...(event as unknown as { effects: Effect[] }).effects); }
  schedule(): void {}
  cancel(): void {}

  on(event: object): this {
    this.effects = [];
    this.machine = program.step(this.machine, event as EventObject, this);
    return this;
  }

  get at(): string { return program.describe(this.machine); }
  get state(): ReplicaState { return (this.machine.context as Reduced<ReplicaState>).state; }
}

const lead = (partitionEpoch = PARTITION_EPOCH, leaderEpoch = LEADER_EPOCH): object => partitionChanged({ leader: SELF, leaderEpoch, partitionEpoch });
const follow = (partitionEpoch = PARTITION_EPOCH, leaderEpoch = LEADER_EPOCH): object => partitionChanged({ leader: 2, leaderEpoch, partitionEpoch });
const ticket = { answerTo: 'apis', operationId: 1, position: 0 };
const append = { type: 'produce.append', nowMs: NOW_MS, ticket, acks: 1, origin: 'CLIENT', records: produced() };
const fetched = { type: 'follower.fetched', nowMs: NOW_MS, leaderId: 2, leaderEpoch: LEADER_EPOCH, fetchOffset: 0, data: { partitionIndex: 0, errorCode: 'NONE', highWatermark: 0, lastStableOffset: 0, logStartOffset: 0, records: [] } };

describe('a replica', () => {
  it('starts Offline, and is what the controller says, back and forth', () => {
    const replica = new Replica();
    expect(replica.at).toBe('Offline');
    expect([follow(1, 1), lead(2, 2), lead(3, 3), follow(4, 4), follow(5, 5), lead(6, 6)].map((event) => replica.on(event).at)).toEqual(['Follower', 'Leader', 'Leader', 'Follower', 'Follower', 'Leader']);
    expect(new Replica().on(lead()).at).toBe('Leader');
  });

  it.each([['Leader', lead, follow], ['Follower', follow, lead]])('in %s does not listen to an equal or older partition epoch', (at, be, become) => {
    const replica = new Replica().on(be());
    const before = replica.state;
    for (const partitionEpoch of [PARTITION_EPOCH, PARTITION_EPOCH - 1]) {
      replica.on(become(partitionEpoch, LEADER_EPOCH + 1));
      expect([replica.at, replica.state === before, replica.effects]).toEqual([at, true, []]);
    }
  });

  it.each([['Offline', () => new Replica()], ['Follower', () => new Replica().on(follow())]])('that is %s refuses to append and to read', (_, make) => {
    expect(told(make().on(append).effects, 'produce.appended')[0]?.errorCode).toBe('NOT_LEADER_OR_FOLLOWER');
    expect(told(make().on(readRequested()).effects, 'fetch.allRead')[0]?.results?.data.errorCode).toBe('NOT_LEADER_OR_FOLLOWER');
    expect(told(make().on({ type: 'listOffsets.read', ticket, replicaId: -1, currentLeaderEpoch: -1, timestamp: -1 }).effects, 'listOffsets.partitionRead')[0]?.errorCode).toBe('NOT_LEADER_OR_FOLLOWER');
    expect(told(make().on({ type: 'offsetForLeaderEpoch.read', ticket, currentLeaderEpoch: -1, leaderEpoch: 1 }).effects, 'offsetForLeaderEpoch.partitionRead')[0]?.errorCode).toBe('NOT_LEADER_OR_FOLLOWER');
  });

  it('that leads does not append what it fetched as a follower in the same instant', () => {
    const replica = new Replica().on(follow()).on(lead(PARTITION_EPOCH + 1, LEADER_EPOCH + 1)).on({ ...fetched, data: { ...fetched.data, highWatermark: 9 } });
    expect([replica.at, replica.effects, replica.state.highWatermark]).toEqual(['Leader', [], 0]);
  });

  it('that follows does not listen to the leader of another epoch, neither for data nor for truncation', () => {
    const replica = new Replica().on(follow());
    for (const change of [{ leaderEpoch: LEADER_EPOCH - 1 }, { leaderId: 3 }]) {
      expect(replica.on({ ...fetched, ...change }).effects).toEqual([]);
      expect(replica.on({ ...fetched, ...change, data: { ...fetched.data, divergingEpoch: { epoch: 1, endOffset: 0 } } }).effects).toEqual([]);
      expect(replica.on({ type: 'follower.outOfRange', nowMs: NOW_MS, leaderId: 2, leaderEpoch: LEADER_EPOCH, leaderLogStartOffset: 5, leaderLogEndOffset: 9, ...change }).effects).toEqual([]);
    }
  });

  it('that leads learns who is fenced no more with news of a partition epoch that AlterPartition told it already', () => {
    const fenced = BROKERS.map((each) => (each.id === 3 ? { ...each, fenced: true } : each));
    const replica = new Replica().on(lead());
    expect(replica.on({ type: 'brokers.changed', nowMs: NOW_MS, brokers: fenced }).state.brokers).toBe(fenced);
    expect(replica.on(lead()).state.brokers).toBe(BROKERS);
  });

  it('checkpoints its high watermark at most every replica.high.watermark.checkpoint.interval.ms', () => {
    const replica = new Replica().on(partitionChanged({ leader: SELF, isr: [SELF], replicas: [SELF], partitionEpoch: 1 }));
    expect(replica.on(append).effects.some((effect) => effect.kind === 'schedule' && effect.key === 'checkpoint')).toBe(true);
    expect(replica.on(append).effects.some((effect) => effect.kind === 'schedule')).toBe(false);
    replica.on(new Stimulus('timer.checkpoint', NOW_MS, 0, undefined));
    expect(replica.effects).toEqual([{ kind: 'replace', file: highWatermarkFile(NAME), value: 2 }, { kind: 'flush', file: highWatermarkFile(NAME), then: 'checkpoint.flushed' }]);
    expect(replica.on(append).effects.some((effect) => effect.kind === 'schedule')).toBe(true);
  });

  it.each(['disk.writeFailed', 'disk.flushFailed'])('whose disk says %s halts its broker, in every state', (type) => {
    for (const replica of [new Replica(), new Replica().on(lead()), new Replica().on(follow())]) {
      expect(replica.on(new Stimulus(type, NOW_MS, 0, { file: 'f', data: undefined })).effects.map(({ kind }) => kind)).toEqual(['halt']);
    }
  });
});
