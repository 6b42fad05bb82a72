/**
 * The broker's request handling, named `apis`: the machine that every request to the broker reaches.
 *
 *   Starting  the broker has not caught up with the metadata log yet; connections are closed
 *   Running   requests are split, gathered, parked and answered
 *
 * Source: kafka.server.KafkaApis, SocketServer (which opens the data plane once the broker has caught up).
 */
import { setup } from 'xstate';
import type { EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { DeleteRecordsRequest, FetchRequest, InitProducerIdRequest, ListOffsetsRequest, MetadataRequest, OffsetForLeaderEpochRequest, ProduceRequest } from '../../kafka/api.ts';
import type { Appended, EpochEndRead, FetchOutdated, FetchWakeUp, MetadataPublished, OffsetsRead, PartitionsRead, ProducerIdGenerated, RecordsDeleted, Replicated } from '../local-events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import { handleMetadata } from './answer-metadata.ts';
import { deleteRecordsTimedOut, handleDeleteRecords, recordsDeleted } from './delete-records.ts';
import { allRead, fetchTimeUp, handleFetch, outdateFetches, wakeFetches } from './fetch.ts';
import { handleInitProducerId, producerIdGenerated } from './init-producer-id.ts';
import { epochEndRead, handleListOffsets, handleOffsetForLeaderEpoch, offsetsRead } from './offsets.ts';
import { appended, handleProduce, produceTimedOut, replicated } from './produce.ts';
import { newApis, type ApisInput, type ApisState } from './state.ts';

type ServedRequest = ProduceRequest | FetchRequest | ListOffsetsRequest | MetadataRequest | OffsetForLeaderEpochRequest | DeleteRecordsRequest | InitProducerIdRequest;

export type ApisEvent =
  | MetadataPublished
  | Received<ServedRequest>
  | Appended
  | Replicated
  | PartitionsRead
  | FetchWakeUp
  | FetchOutdated
  | OffsetsRead
  | EpochEndRead
  | RecordsDeleted
  | ProducerIdGenerated
  | Stimulus<'timer.deleteRecords', number>
  | Stimulus<'timer.produce', number>
  | Stimulus<'timer.fetch', number>;

export const apisMachine = setup({
  types: {} as { context: Reduced<ApisState>; events: ApisEvent; input: ApisInput; emitted: EffectsEmitted },
  actions: {
    publish: reduces((state: ApisState, { image }: MetadataPublished) => quietly(state.with({ image }))),
    hangUp: reduces((state: ApisState, { replyTo }: Received<ServedRequest>) => ({ state, effects: [{ kind: 'hangUp', to: replyTo }] })),
    handleProduce: reduces(handleProduce),
    handleFetch: reduces(handleFetch),
    handleListOffsets: reduces(handleListOffsets),
    handleMetadata: reduces(handleMetadata),
    handleOffsetForLeaderEpoch: reduces(handleOffsetForLeaderEpoch),
    appended: reduces(appended),
    replicated: reduces(replicated),
    allRead: reduces(allRead),
    wakeFetches: reduces(wakeFetches),
    outdateFetches: reduces(outdateFetches),
    offsetsRead: reduces(offsetsRead),
    epochEndRead: reduces(epochEndRead),
    handleDeleteRecords: reduces(handleDeleteRecords),
    recordsDeleted: reduces(recordsDeleted),
    handleInitProducerId: reduces(handleInitProducerId),
    producerIdGenerated: reduces(producerIdGenerated),
    deleteRecordsTimedOut: reduces(deleteRecordsTimedOut),
    produceTimedOut: reduces(produceTimedOut),
    fetchTimeUp: reduces(fetchTimeUp),
    handOver,
  },
}).createMachine({
  id: 'apis',
  context: ({ input }) => quietly(newApis(input)),
  initial: 'Starting',
  states: {
    Starting: {
      on: {
        'metadata.published': { target: 'Running', actions: ['publish', 'handOver'] },
        ProduceRequest: { actions: ['hangUp', 'handOver'] },
        FetchRequest: { actions: ['hangUp', 'handOver'] },
        ListOffsetsRequest: { actions: ['hangUp', 'handOver'] },
        MetadataRequest: { actions: ['hangUp', 'handOver'] },
        OffsetForLeaderEpochRequest: { actions: ['hangUp', 'handOver'] },
        DeleteRecordsRequest: { actions: ['hangUp', 'handOver'] },
        InitProducerIdRequest: { actions: ['hangUp', 'handOver'] },
      },
    },
    Running: {
      on: {
        'metadata.published': { actions: ['publish', 'handOver'] },
        ProduceRequest: { actions: ['handleProduce', 'handOver'] },
        FetchRequest: { actions: ['handleFetch', 'handOver'] },
        ListOffsetsRequest: { actions: ['handleListOffsets', 'handOver'] },
        MetadataRequest: { actions: ['handleMetadata', 'handOver'] },
        OffsetForLeaderEpochRequest: { actions: ['handleOffsetForLeaderEpoch', 'handOver'] },
        DeleteRecordsRequest: { actions: ['handleDeleteRecords', 'handOver'] },
        InitProducerIdRequest: { actions: ['handleInitProducerId', 'handOver'] },
        'producerId.generated': { actions: ['producerIdGenerated', 'handOver'] },
        'deleteRecords.partitionDone': { actions: ['recordsDeleted', 'handOver'] },
        'timer.deleteRecords': { actions: ['deleteRecordsTimedOut', 'handOver'] },
        'produce.appended': { actions: ['appended', 'handOver'] },
        'produce.replicated': { actions: ['replicated', 'handOver'] },
        'fetch.allRead': { actions: ['allRead', 'handOver'] },
        'fetch.wakeUp': { actions: ['wakeFetches', 'handOver'] },
        'fetch.outdated': { actions: ['outdateFetches', 'handOver'] },
        'listOffsets.partitionRead': { actions: ['offsetsRead', 'handOver'] },
        'offsetForLeaderEpoch.partitionRead': { actions: ['epochEndRead', 'handOver'] },
        'timer.produce': { actions: ['produceTimedOut', 'handOver'] },
        'timer.fetch': { actions: ['fetchTimeUp', 'handOver'] },
      },
    },
  },
});
