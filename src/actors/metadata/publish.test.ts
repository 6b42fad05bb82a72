/** The broker's view of the metadata log: what it makes public, and when. */
import { describe, expect, it } from 'vitest';
import type { MetadataBatch } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { MetadataImage } from '../../kafka/metadata.ts';
import { Stimulus, type Effect } from '../../kernel/effects.ts';
import type { EventObject, MachineState } from '../../kernel/statechart/engine.ts';
import { compiledEngine } from '../../kernel/statechart/engines.ts';
import { logOf } from '../replica/sample.ts';
import type { ReplicaDisk, ReplicaInput } from '../replica/state.ts';
import type { Reduced } from '../reduction.ts';
import { metadataMachine } from './machine.ts';
import type { MetadataInput, MetadataState } from './publish.ts';

const program = compiledEngine.load(metadataMachine);

const SELF = 1;
const registration = (brokerId: number, brokerEpoch: number): MetadataRecord => ({ type: 'RegisterBrokerRecord', brokerId, incarnationId: `${brokerId}/${brokerEpoch}`, brokerEpoch, fenced: true, inControlledShutdown: false });
const unfenced = (brokerId: number, brokerEpoch: number): MetadataRecord => ({ type: 'BrokerRegistrationChangeRecord', brokerId, brokerEpoch, fenced: -1, inControlledShutdown: 0 });
const topic: MetadataRecord = { type: 'TopicRecord', name: 't', topicId: 'topic-1' };
const partition = (partitionId: number, replicas: readonly number[]): MetadataRecord => ({ type: 'PartitionRecord', topicId: 'topic-1', partitionId, replicas, isr: replicas, leader: replicas[0]!, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED' });
const shrunk = (partitionId: number, isr: readonly number[]): MetadataRecord => ({ type: 'PartitionChangeRecord', topicId: 'topic-1', partitionId, isr, leader: -2, replicas: null, leaderRecoveryState: null });

/** A broker's view, fed by hand. */
class View {
  effects: Effect[] = [];
  private machine: MachineState;

  constructor(input: Partial<MetadataInput> = {}) {
    this.machine = program.start({ brokerId: SELF, config: defaultConfig('broker'), rules: KAFKA_RULES, disks: new Map(), ...input }, this);
  }

  registered(brokerEpoch: number): this { return this.on({ type: 'broker.registered', nowMs: 500, brokerEpoch }); }

  /** Each batch in order, as one commit. */
  committed(...batches: (readonly MetadataRecord[])[]): this {
    let baseOffset = this.state.image.offset + 1;
    const told = batches.map((records): MetadataBatch => {
      baseOffset += records.length;
      return { baseOffset: baseOffset - records.length, partitionLeaderEpoch: 1, records };
    });
    return this.on({ type: 'raft.committed', nowMs: 500, batches: told, endOffset: baseOffset, snapshot: null });
  }

  on(event: object): this {
    this.effects = [];
    this.machine = program.step(this.machine, event as EventObject, this);
    return this;
  }

  emit(event: EventObject): void { this.effects.push(...(event as unknown as { effects: Effect[] }).effects); }
  schedule(): void {}
  cancel(): void {}

  get at(): string { return program.describe(this.machine); }
  get state(): MetadataState { return (this.machine.context as Reduced<MetadataState>).state; }
  get said(): string[] { return this.effects.map((effect) => (effect.kind === 'tell' ? `${effect.to} ${effect.event.type}` : effect.kind === 'spawn' ? `spawn ${effect.name}` : effect.kind)); }
  applied(): object | undefined { return this.effects.flatMap((effect) => (effect.kind === 'tell' && effect.to === 'broker' ? [effect.event] : [])).at(-1); }
}

describe('a broker that starts', () => {
  const former = [[registration(SELF, 0), unfenced(SELF, 0), topic, partition(0, [SELF, 2])]];

  it('acts on nothing before its view contains its own registration: what it led before is not its any more (BrokerServer.startup)', () => {
    const view = new View().committed(...former);
    expect([view.said, view.applied()]).toEqual([['broker metadata.applied'], { type: 'metadata.applied', offset: 3, isPublished: false }]);
    expect(view.registered(4).committed([shrunk(0, [SELF])]).said).toEqual(['broker metadata.applied']);
    expect(view.committed([registration(SELF, 4)]).said).toEqual(['spawn t-0', 't-0 partition.changed', 'apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
    expect(view.applied()).toEqual({ type: 'metadata.applied', offset: 5, isPublished: true });
  });

  it('that hears of its registration after its view has it publishes at once, and once', () => {
    const view = new View().committed([registration(SELF, 0)]);
    expect(view.registered(0).said).toEqual(['apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
    expect([view.at, view.registered(0).said]).toEqual(['Publishing', []]);
  });

  it('deletes the logs of partitions that it lost while it was down', () => {
    const disk: ReplicaDisk = { log: logOf([1, 1]), epochs: undefined, highWatermark: 0 };
    const view = new View({ disks: new Map([['t-0', disk], ['t-1', disk]]) }).registered(0).committed([registration(SELF, 0), topic, partition(0, [SELF]), partition(1, [2])]);
    expect([...new Set(view.effects.flatMap((effect) => (effect.kind === 'delete' ? [effect.file.split('/')[0]] : [])))]).toEqual(['t-1']);
  });

  // swarm, seed 23373: reassigned away while the broker was down, and back when it was up again.
  it('begins with an empty log where the partition comes back whose log it deleted', () => {
    const disk: ReplicaDisk = { log: logOf([1, 1]), epochs: undefined, highWatermark: 0 };
    const view = new View({ disks: new Map([['t-1', disk]]) }).registered(0).committed([registration(SELF, 0), topic, partition(0, [2]), partition(1, [2])]);
    view.committed([{ ...shrunk(1, [2]), replicas: [2, SELF], addingReplicas: [SELF] } as MetadataRecord]);
    expect(view.effects.flatMap((effect) => (effect.kind === 'spawn' && effect.name === 't-1' ? [(effect.input as ReplicaInput).disk.log] : []))).toEqual([undefined]);
  });

  it('takes a snapshot in place of all that came before', () => {
    const image = MetadataImage.empty().applyAll([registration(SELF, 0), topic, partition(0, [SELF])], 0);
    const view = new View().registered(0).on({ type: 'raft.committed', nowMs: 500, batches: [], endOffset: 3, snapshot: { epoch: 1, endOffset: 3, image } });
    expect(view.said).toEqual(['spawn t-0', 't-0 partition.changed', 'apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
  });

  it('gives each replica the files of its name', () => {
    const disk: ReplicaDisk = { log: logOf([1, 2]), epochs: undefined, highWatermark: 1 };
    const view = new View({ disks: new Map([['t-0', disk]]) }).registered(0).committed([registration(SELF, 0), topic, partition(0, [SELF]), partition(1, [SELF])]);
    const inputs = view.effects.flatMap((effect) => (effect.kind === 'spawn' ? [effect.input as ReplicaInput] : []));
    expect(inputs.map(({ topicPartition, disk: given }) => [topicPartition, given === disk])).toEqual([['t-0', true], ['t-1', false]]);
  });
});

describe('a broker that runs', () => {
  const running = (): View => new View().registered(0).committed([registration(SELF, 0), registration(2, 1), topic, partition(0, [SELF, 2]), partition(1, [2]), partition(2, [2, SELF])]);

  it('tells a replica of its partition when that has changed, and nobody else', () => {
    expect(running().said).toEqual(['spawn t-0', 't-0 partition.changed', 'spawn t-2', 't-2 partition.changed', 'apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
    expect(running().committed([shrunk(2, [2])]).said).toEqual(['t-2 partition.changed', 'apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
    expect(running().committed([{ ...shrunk(1, [2]), leader: 2 } as MetadataRecord]).said).toEqual(['apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
  });

  it('tells its leaders of a registration that changed, once, when the broker is one of their replicas', () => {
    expect(running().committed([unfenced(2, 1)]).said).toEqual(['t-0 brokers.changed', 'apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
    expect(running().committed([unfenced(2, 1)], [shrunk(0, [SELF])]).said).toEqual(['t-0 partition.changed', 'apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
    expect(running().committed([registration(3, 6)]).said).toEqual(['apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
  });

  it('gives a replica the settings of its topic', () => {
    const config = (name: string, value: string): MetadataRecord => ({ type: 'ConfigRecord', resourceType: 2, resourceName: 't', name, value });
    const view = new View().registered(0).committed([registration(SELF, 0), topic, config('min.insync.replicas', '2'), config('max.message.bytes', '77'), partition(0, [SELF])]);
    const [spawned] = view.effects.flatMap((effect) => (effect.kind === 'spawn' ? [(effect.input as ReplicaInput).settings] : []));
    expect([spawned?.minInsyncReplicas, spawned?.maxMessageBytes]).toEqual([2, 77]);
  });

  it('tells a replica that is not its any more to go', () => {
    const moved = { ...shrunk(0, [2]), replicas: [2], leader: 2 } as MetadataRecord;
    expect(running().committed([moved]).said).toEqual(['t-0 partition.removed', 'apis metadata.published', 'group-coordinator metadata.published', 'broker metadata.applied']);
  });

  it('has a snapshot taken after so many bytes of records, or when the first of them is so old', () => {
    const many = new View({ config: { ...defaultConfig('broker'), metadataLogMaxRecordBytesBetweenSnapshots: 3 * 64 } });
    expect(many.committed([registration(2, 0)], [unfenced(2, 0)]).said).toEqual(['broker metadata.applied']);
    expect(many.committed([topic]).said).toEqual(['broker metadata.applied', 'raft raft.snapshotTaken']);
    expect(many.committed([partition(0, [2])]).said).toEqual(['broker metadata.applied']);
  });
});

describe('a broker that shuts down', () => {
  const closing = (): View => new View().registered(0).committed([registration(SELF, 0), topic, partition(0, [SELF, 2]), partition(1, [2]), partition(2, [2, SELF])]).on({ type: 'broker.closing', nowMs: 500 });

  it('closes every log, writes the marker with its epoch, and ends when that is on the platter', () => {
    const view = closing();
    expect(view.said).toEqual(['t-0 log.close', 't-2 log.close']);
    expect(view.on({ type: 'log.closed' }).said).toEqual([]);
    view.on({ type: 'log.closed' });
    expect(view.effects).toEqual([{ kind: 'replace', file: '.kafka_cleanshutdown', value: { brokerEpoch: 0 } }, { kind: 'flush', file: '.kafka_cleanshutdown', then: 'marker.flushed' }]);
    expect(view.on(new Stimulus('marker.flushed', 0, 0, undefined)).said).toEqual(['halt']);
  });

  it('without any log is done at once', () => {
    const idle = new View().registered(0).committed([registration(SELF, 0)]);
    expect(idle.on({ type: 'broker.closing', nowMs: 500 }).said).toEqual(['replace', 'flush']);
  });

  it('before it has loaded its logs leaves no marker: nothing may vouch for what a crash before left behind', () => {
    expect(new View({ disks: new Map([['t-0', { log: logOf([1, 1]), epochs: undefined, highWatermark: 0 }]]) }).on({ type: 'broker.closing', nowMs: 500 }).said).toEqual(['halt']);
  });
});
