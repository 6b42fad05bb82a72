/**
 * S-20: in the committed log of a partition the sequences of a producer follow each other: within an epoch each batch begins
 * where the last one ended, a new epoch begins at 0, and an epoch that is over does not come back. So no sequence stands there
 * twice and none is missing. And no producer id is given to two producers.
 *
 * What comes first of a producer may have any sequence (IDM-3), but not in a log that never held a record: there it begins at 0
 * (KAFKA-15591, from 4.5). Otherwise a batch that overtakes one that a leader refused while it began is taken, and that one can
 * never be appended: its sends fail, whatever the producer's patience. A leader may have forgotten a producer whose records were
 * all deleted, as a replica does that copies what is left of a log, or who was silent for `producer.id.expiration.ms`; then it
 * takes what comes. After a committed record was lost, which others judge, the count begins anew.
 *
 * Source: ProducerAppendInfo.checkSequence; KIP-98, KIP-360, KIP-730; KAFKA-9144, KAFKA-15591.
 */
import { US_PER_MS } from '../kernel/time.ts';
import { NO_PRODUCER_ID, type Offset, type ProducerEpoch, type ProducerId, type Sequence } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import { incrementSequence, type RecordBatch } from '../kafka/records.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { HistoryEntry } from '../history/history.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { CommittedPrefix } from './committed-prefix.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { dataBatches } from './compare-logs.ts';
import { Findings } from './findings.ts';

export const producerSequences: Property = {
  name: 'producer-sequences',
  claim: 'the sequences of a producer stand in a log without gaps and without repetition, and its id is its own',
  source: 'S-20; KIP-98, KIP-360, KIP-730, KAFKA-15591',
  kind: 'safety',
  appliesTo: ({ producers }) => producers.some(({ config }) => config.enableIdempotence),
  check: (context) => new ProducerSequences(context),
};

/** The last committed batch of a producer in a partition. */
interface LastBatch {
  readonly producerEpoch: ProducerEpoch;
  readonly lastSequence: Sequence;
  readonly lastOffset: Offset;
  readonly committedUs: number;
}

interface PartitionSequences {
  /** Committed and judged below it. */
  readonly endOffset: Offset;
  readonly producers: ReadonlyMap<ProducerId, LastBatch>;
}

const NOTHING: PartitionSequences = { endOffset: 0, producers: new Map() };

class ProducerSequences implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By partition id. */
  private readonly partitions: (PartitionSequences | undefined)[];
  /** Whom an id was given to, as `node/incarnation`. */
  private owners: ReadonlyMap<ProducerId, string>;

  constructor(context: CheckContext, findings = new Findings(), partitions: (PartitionSequences | undefined)[] = [], owners: ReadonlyMap<ProducerId, string> = new Map()) {
    this.context = context;
    this.findings = findings;
    this.partitions = partitions;
    this.owners = owners;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged(replica: TrackedReplica, _before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (after === undefined || replica.partition.leader !== replica) return;
    const known = this.partitions[replica.partition.id] ?? NOTHING;
    if (after.highWatermark > known.endOffset) this.judge(replica.partition, known, after, atUs);
  }

  /** A committed record is not there any more: from what the leader has the count begins anew. */
  committedCompared(partition: TrackedPartition, { view }: TrackedReplica, _known: CommittedPrefix, isHeld: boolean): void {
    if (isHeld || view === undefined) return;
    const producers = new Map<ProducerId, LastBatch>();
    for (const batch of dataBatches(view.log, view.log.logStartOffset, view.highWatermark)) if (batch.producerId !== NO_PRODUCER_ID) producers.set(batch.producerId, lastBatch(batch, 0));
    this.set(partition, { endOffset: view.highWatermark, producers });
  }

  private judge(partition: TrackedPartition, known: PartitionSequences, { log, highWatermark }: ReplicaView, atUs: number): void {
    let producers: Map<ProducerId, LastBatch> | undefined;
    for (const batch of dataBatches(log, known.endOffset, highWatermark)) {
      if (batch.producerId === NO_PRODUCER_ID || batch.nextOffset > highWatermark || batch.baseOffset < known.endOffset) continue;
      const last = (producers ?? known.producers).get(batch.producerId);
      if (last !== undefined) this.compare(partition, batch, last, log, atUs);
      else if (batch.baseOffset === 0 && this.context.config.firstSequenceOfEmptyLogIsZero !== false) this.judgeFirst(partition, batch, atUs);
      producers ??= new Map(known.producers);
      producers.set(batch.producerId, lastBatch(batch, atUs));
    }
    this.set(partition, { endOffset: highWatermark, producers: producers ?? known.producers });
  }

  /** Nothing stood in the log when this was appended. */
  private judgeFirst(partition: TrackedPartition, { producerId, producerEpoch, baseSequence }: RecordBatch, atUs: number): void {
    this.findings.compared += 1;
    if (baseSequence === 0) return;
    this.findings.violated(atUs, () => ({
      sentence: `${partition.name} begins with sequence ${baseSequence} of epoch ${producerEpoch} of producer id ${producerId}: what it sent before can never be appended`,
      details: { topicPartition: partition.name, producerId, producerEpoch, baseSequence, baseOffset: 0 },
    }));
  }

  private compare(partition: TrackedPartition, batch: RecordBatch, last: LastBatch, log: PartitionLog, atUs: number): void {
    // A cleaning may have taken the batches between the two.
    if (last.lastOffset + 1 < log.cleanedEndOffset) return;
    this.findings.compared += 1;
    const { producerId, producerEpoch, baseSequence, baseOffset } = batch;
    const expected = producerEpoch === last.producerEpoch ? incrementSequence(last.lastSequence, 1) : 0;
    if (producerEpoch >= last.producerEpoch && baseSequence === expected) return;
    const expirationMs = this.context.config.producerIdExpirationMs ?? Number.MAX_SAFE_INTEGER;
    if (last.lastOffset < log.logStartOffset) return this.findings.excuse(1, 'all records of the producer had been deleted');
    if (atUs - last.committedUs >= expirationMs * US_PER_MS) return this.findings.excuse(1, 'the producer id had expired');
    this.findings.violated(atUs, () => ({
      sentence: `producer id ${producerId} has sequence ${baseSequence} of epoch ${producerEpoch} at offset ${baseOffset} of ${partition.name}, behind sequence ${last.lastSequence} of epoch ${last.producerEpoch} at offset ${last.lastOffset}`,
      details: { topicPartition: partition.name, producerId, producerEpoch, baseSequence, baseOffset, lastEpoch: last.producerEpoch, lastSequence: last.lastSequence, lastOffset: last.lastOffset },
    }));
  }

  observed({ observation, node, incarnation, atUs }: HistoryEntry): void {
    if (observation.type !== 'producer.epoch' || observation.producerEpoch !== 0) return;
    const { producerId } = observation;
    const owner = this.owners.get(producerId);
    const isAnother = owner !== undefined && owner !== `${node}/${incarnation}`;
    this.owners = new Map(this.owners).set(producerId, `${node}/${incarnation}`);
    if (!isAnother) return;
    this.findings.violated(atUs, () => ({
      sentence: `${this.context.cluster.nameOf(node)} was given producer id ${producerId}, which another producer has`,
      details: { producerId, producer: this.context.cluster.nameOf(node), incarnation, owner },
    }));
  }

  verdict() {
    return this.findings.verdict(producerSequences, 'no idempotent producer had anything committed in an empty log, or two batches in one partition');
  }

  fork(context: CheckContext): Checker {
    return new ProducerSequences(context, this.findings.fork(), this.partitions.slice(), this.owners);
  }

  private set({ id }: TrackedPartition, sequences: PartitionSequences): void {
    while (this.partitions.length < id) this.partitions.push(undefined);
    this.partitions[id] = sequences;
  }
}

function lastBatch({ producerEpoch, lastSequence, lastOffset }: RecordBatch, committedUs: number): LastBatch {
  return { producerEpoch, lastSequence, lastOffset, committedUs };
}
