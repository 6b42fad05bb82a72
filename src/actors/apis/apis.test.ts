/**
 * Request handling with the replicas it asks: one broker process of `apis` and the replicas t-0, t-1, t-2 (t-2 led by
 * another broker) in a world without a network. Requests are delivered by hand, answers are caught.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, type ApiRequest, type FetchResponse, type ListOffsetsResponse, type MetadataResponse, type OffsetForLeaderEpochResponse, type ProduceResponse } from '../../kafka/api.ts';
import { MetadataImage } from '../../kafka/metadata.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';
import { batchOf } from '../../kafka/records.ts';
import type { Effect, Message, ReplyTo } from '../../kernel/effects.ts';
import { engine } from '../../kernel/statechart/engines.ts';
import type { Transport } from '../../kernel/transport.ts';
import { World } from '../../kernel/world.ts';
import { fetcherMachine } from '../fetcher/machine.ts';
import type { LocalEvent } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { replicaMachine } from '../replica/machine.ts';
import { broker, partitionChanged, produced, sampleSettings } from '../replica/sample.ts';
import type { ReplicaState } from '../replica/state.ts';
import { allRead } from './fetch.ts';
import { apisMachine } from './machine.ts';
import { epochEndRead, offsetsRead } from './offsets.ts';
import { appended, produceTimedOut, replicated } from './produce.ts';
import { newApis, nextOperationId, operationOf, withOperation, withoutOperation, type ApisState, type Operation } from './state.ts';
import { setup } from 'xstate';

const SELF = 1;
const CONSUMER = 7;
const LEADER_EPOCH = 5;

/** Catches what a server sends back. */
class Caught implements Transport {
  readonly replies: { readonly to: ReplyTo; readonly message: Message }[] = [];
  readonly released: ReplyTo[] = [];
  readonly hungUp: ReplyTo[] = [];
  readonly messages = 0;
  send(): void {}
  reply(_world: World, _from: number, to: ReplyTo, message: Message): void { this.replies.push({ to, message }); }
  release(_world: World, _from: number, to: ReplyTo): void { this.released.push(to); }
  disconnect(): void {}
  hangUp(_world: World, _from: number, to: ReplyTo): void { this.hungUp.push(to); }
  machineStopped(): void {}
  arrive(): void {}
  nodeDown(): void {}
  nodeUp(): void {}
  fork(): Transport { return this; }
}

/** Tells machines of its process what a test wants them to hear: `data` of the stimulus `tell`. */
const teller = setup({
  types: {} as { events: { readonly type: 'tell'; readonly data: { readonly to: string; readonly event: LocalEvent } }; emitted: { type: 'effects'; effects: readonly Effect[] } },
}).createMachine({ id: 'teller', on: { tell: { actions: ({ event, self: _self }) => void event } } });

const records = (count: number): MetadataRecord[] => [
  ...[1, 2, 3].map((brokerId): MetadataRecord => ({ type: 'RegisterBrokerRecord', brokerId, incarnationId: `incarnation-${brokerId}`, brokerEpoch: 10 + brokerId, fenced: brokerId === 3, inControlledShutdown: false })),
  { type: 'TopicRecord', name: 't', topicId: 'topic-1' },
  ...Array.from({ length: count }, (_, partitionId): MetadataRecord => ({
    type: 'PartitionRecord', topicId: 'topic-1', partitionId, replicas: partitionId === 3 ? [2, 3] : [1, 2], isr: partitionId === 3 ? [2] : [1, 2],
    leader: partitionId >= 2 ? 2 : SELF, leaderEpoch: LEADER_EPOCH, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED',
  })),
];
const image = MetadataImage.empty().applyAll(records(4), 0);
void teller; void broker; void partitionChanged; void produced; void sampleSettings; void batchOf; void fetcherMachine; void engine; void apisMachine; void replicaMachine;
