/** The broker's view of the metadata log: what it makes public, and when. */
import { describe, expect, it } from 'vitest';
import type { FetchResponse, MetadataBatch } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { Received, type Effect } from '../../kernel/effects.ts';
import { logOf } from '../replica/sample.ts';
import type { ReplicaDisk, ReplicaInput } from '../replica/state.ts';
import { applyFetched, isAnswerToLast, isRefused, newMetadata, register, sendFetch, type MetadataState } from './publish.ts';

const SELF = 1;
const registration = (brokerId: number, brokerEpoch: number): MetadataRecord => ({ type: 'RegisterBrokerRecord', brokerId, incarnationId: `${brokerId}/${brokerEpoch}`, brokerEpoch, fenced: true, inControlledShutdown: false });
const unfenced = (brokerId: number, brokerEpoch: number): MetadataRecord => ({ type: 'BrokerRegistrationChangeRecord', brokerId, brokerEpoch, fenced: -1, inControlledShutdown: 0 });
const topic: MetadataRecord = { type: 'TopicRecord', name: 't', topicId: 'topic-1' };
const partition = (partitionId: number, replicas: readonly number[]): MetadataRecord => ({ type: 'PartitionRecord', topicId: 'topic-1', partitionId, replicas, isr: replicas, leader: replicas[0]!, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED' });
const shrunk = (partitionId: number, isr: readonly number[]): MetadataRecord => ({ type: 'PartitionChangeRecord', topicId: 'topic-1', partitionId, isr, leader: -2, replicas: null, leaderRecoveryState: null });

/** A broker's view, fed by hand. */
class View {
  state: MetadataState;
  effects: readonly Effect[] = [];

  constructor(disks: ReadonlyMap<string, ReplicaDisk> = new Map()) {
    this.state = newMetadata({ brokerId: SELF, controllerId: 0, config: defaultConfig('broker'), rules: KAFKA_RULES, disks });
  }

  registered(brokerEpoch: number): this { return this.take(register(this.state, { type: 'broker.registered', brokerEpoch })); }
  fetched(...batches: (readonly MetadataRecord[])[]): this { return this.take(applyFetched(this.state, this.response('NONE', batches))); }

  response(errorCode: ErrorName, batches: readonly (readonly MetadataRecord[])[] = []): Received<FetchResponse<MetadataBatch>> {
    let baseOffset = this.state.image.offset + 1;
    const records = batches.map((batch): MetadataBatch => {
      baseOffset += batch.length;
      return { baseOffset: baseOffset - batch.length, partitionLeaderEpoch: 1, records: batch };
    });
    const data = { partitionIndex: 0, errorCode, highWatermark: baseOffset, lastStableOffset: baseOffset, logStartOffset: 0, records };
    return new Received({ type: 'FetchResponse', correlationId: this.state.lastCorrelationId, responses: [{ topic: '__cluster_metadata', partitions: [data] }] }, 500, 0, 0, -1);
  }

  get said(): string[] { return this.effects.map((effect) => (effect.kind === 'tell' ? `${effect.to} ${effect.event.type}` : effect.kind === 'spawn' ? `spawn ${effect.name}` : effect.kind)); }
  applied(): object | undefined { return this.effects.flatMap((effect) => (effect.kind === 'tell' && effect.to === 'broker' ? [effect.event] : [])).at(-1); }

  private take({ state, effects }: { readonly state: MetadataState; readonly effects: readonly Effect[] }): this {
    this.state = state;
    this.effects = effects;
    return this;
  }
}

describe('a broker that starts', () => {
  const former = [[registration(SELF, 0), unfenced(SELF, 0), topic, partition(0, [SELF, 2])]];

  it('acts on nothing before its view contains its own registration: what it led before is not its any more (BrokerServer.startup)', () => {
    const view = new View().fetched(...former);
    expect([view.said, view.applied()]).toEqual([['broker metadata.applied'], { type: 'metadata.applied', offset: 3, isPublished: false }]);
    expect(view.registered(4).fetched([shrunk(0, [SELF])]).said).toEqual(['broker metadata.applied']);
    expect(view.fetched([registration(SELF, 4)]).said).toEqual(['spawn t-0', 't-0 partition.changed', 'apis metadata.published', 'broker metadata.applied']);
    expect(view.applied()).toEqual({ type: 'metadata.applied', offset: 5, isPublished: true });
  });

  it('that hears of its registration after its view has it publishes with the next answer, even an empty one', () => {
    const view = new View().fetched([registration(SELF, 0)]);
    expect(view.registered(0).fetched().said).toEqual(['apis metadata.published', 'broker metadata.applied']);
    expect(view.fetched().said, 'once').toEqual([]);
  });

  it('gives each replica the files of its name', () => {
    const disk: ReplicaDisk = { log: logOf([1, 2]), epochs: undefined, highWatermark: 1 };
    const view = new View(new Map([['t-0', disk]])).registered(0).fetched([registration(SELF, 0), topic, partition(0, [SELF]), partition(1, [SELF])]);
    const inputs = view.effects.flatMap((effect) => (effect.kind === 'spawn' ? [effect.input as ReplicaInput] : []));
    expect(inputs.map(({ topicPartition, disk: given }) => [topicPartition, given === disk])).toEqual([['t-0', true], ['t-1', false]]);
  });
});

describe('a broker that runs', () => {
  const running = (): View => new View().registered(0).fetched([registration(SELF, 0), registration(2, 1), topic, partition(0, [SELF, 2]), partition(1, [2]), partition(2, [2, SELF])]);

  it('tells a replica of its partition when that has changed, and nobody else', () => {
    expect(running().said).toEqual(['spawn t-0', 't-0 partition.changed', 'spawn t-2', 't-2 partition.changed', 'apis metadata.published', 'broker metadata.applied']);
    expect(running().fetched([shrunk(2, [2])]).said).toEqual(['t-2 partition.changed', 'apis metadata.published', 'broker metadata.applied']);
    expect(running().fetched([{ ...shrunk(1, [2]), leader: 2 } as MetadataRecord]).said).toEqual(['apis metadata.published', 'broker metadata.applied']);
  });

  it('tells its leaders of a registration that changed, once, when the broker is one of their replicas', () => {
    expect(running().fetched([unfenced(2, 1)]).said).toEqual(['t-0 brokers.changed', 'apis metadata.published', 'broker metadata.applied']);
    expect(running().fetched([unfenced(2, 1)], [shrunk(0, [SELF])]).said).toEqual(['t-0 partition.changed', 'apis metadata.published', 'broker metadata.applied']);
    expect(running().fetched([registration(3, 6)]).said).toEqual(['apis metadata.published', 'broker metadata.applied']);
  });

  it('gives a replica the settings of its topic', () => {
    const config = (name: string, value: string): MetadataRecord => ({ type: 'ConfigRecord', resourceType: 2, resourceName: 't', name, value });
    const view = new View().registered(0).fetched([registration(SELF, 0), topic, config('min.insync.replicas', '2'), config('max.message.bytes', '77'), partition(0, [SELF])]);
    const [spawned] = view.effects.flatMap((effect) => (effect.kind === 'spawn' ? [(effect.input as ReplicaInput).settings] : []));
    expect([spawned?.minInsyncReplicas, spawned?.maxMessageBytes]).toEqual([2, 77]);
  });

  it('asks for what follows its view, as the incarnation it is, and takes the answer to its last request only', () => {
    const view = running();
    const { state, effects } = sendFetch(view.state);
    expect(effects).toMatchObject([{ kind: 'send', to: 0, message: { replicaState: { replicaId: SELF, replicaEpoch: 0 }, maxWaitMs: 500, topics: [{ partitions: [{ fetchOffset: 6 }] }] } }]);
    const stale = view.response('NONE');
    expect([isAnswerToLast(view.state, stale), isAnswerToLast(state, stale)]).toEqual([true, false]);
    expect([isRefused(view.response('NOT_LEADER_OR_FOLLOWER')), isRefused(stale)]).toEqual([true, false]);
  });
});
