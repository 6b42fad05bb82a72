/**
 * The batches of a partition that are in flight, renumbered from 0 under a new epoch: those that wait to be sent again and
 * those on the wire. What is on the wire says what it said; only when it is sent again it says something else.
 *
 * Source: TxnPartitionEntry.startSequencesAtBeginning, ProducerBatch.resetProducerState.
 */
import type { ProducerEpoch, ProducerId, Sequence } from '../../kafka/ids.ts';
import { batchOf, incrementSequence } from '../../kafka/records.ts';
import { NO_SEQUENCE } from '../../kafka/ids.ts';
import type { NodeConnection } from '../client/network-client.ts';
import type { ProducerBatch } from './batch.ts';
import { setQueue, type PartitionQueue, type ProducerPurpose, type ProducerTurn } from './state.ts';

interface Renumbered {
  readonly baseSequence: Sequence;
  readonly recordCount: number;
}

/** Returns the new sequences in order. */
export function rewriteBatches(turn: ProducerTurn, at: number, producerId: ProducerId, producerEpoch: ProducerEpoch): readonly Renumbered[] {
  const { state } = turn;
  const queue = state.queues[at] as PartitionQueue;
  const isTracked = (batch: ProducerBatch): boolean => batch.queue === at && !batch.isDone && batch.records.baseSequence !== NO_SEQUENCE;
  const onTheWire = state.connections.flatMap(({ inFlight }) => inFlight.flatMap(({ purpose }) => (purpose.kind === 'produce' ? purpose.batches.filter(isTracked) : [])));
  const batches = [...queue.closed.filter(isTracked), ...onTheWire].sort((a, b) => a.records.baseSequence - b.records.baseSequence);
  if (batches.length === 0) return [];
  const renumbered: Renumbered[] = [];
  const rewritten = new Map<ProducerBatch, ProducerBatch>();
  let baseSequence: Sequence = 0;
  for (const batch of batches) {
    const { records } = batch.records;
    rewritten.set(batch, { ...batch, records: batchOf(records, { producerId, producerEpoch, baseSequence }), sequenceHasBeenReset: true });
    renumbered.push({ baseSequence, recordCount: records.length });
    baseSequence = incrementSequence(baseSequence, records.length);
  }
  const rewrite = (batch: ProducerBatch): ProducerBatch => rewritten.get(batch) ?? batch;
  setQueue(turn, at, { ...queue, closed: queue.closed.map(rewrite) });
  state.connections = state.connections.map((connection): NodeConnection<ProducerPurpose> => ({
    ...connection,
    inFlight: connection.inFlight.map((request) => (request.purpose.kind === 'produce' ? { ...request, purpose: { kind: 'produce', batches: request.purpose.batches.map(rewrite) } } : request)),
  }));
  return renumbered;
}
