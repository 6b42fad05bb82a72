/**
 * H-07, H-08, H-09: a consumer gets the records of a partition with rising offsets and skips no committed record, from
 * where its position was set until it is set anew (start of the process, reset, assignment). Within an assignment Kafka promises both.
 *
 * Offsets that no record has are no gap: control batches take offsets, and so do records cut off from a log's end. So a
 * gap counts only when a data record is known to stand in it below a high watermark: in the legitimate leader's log, or
 * in that of the broker that served the poll. What retention took is no gap either.
 *
 * Source: GD-12; nonmonotonic-poll and poll-skip in Jepsen's Kafka checker; Fetcher.
 */
import type { Offset } from '../kafka/ids.ts';
import type { HistoryEntry } from '../history/history.ts';
import type { AssignmentChanged, Polled } from '../history/observations.ts';
import { offsetOfRecord } from '../kafka/records.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { dataBatches } from './compare-logs.ts';
import { Findings } from './findings.ts';

export const consumerOrder: Property = {
  name: 'consumer-order',
  claim: 'a consumer reads a partition in order and skips no committed record',
  source: 'H-07, H-08, H-09; GD-12; Jepsen Kafka: nonmonotonic-poll, poll-skip',
  kind: 'safety',
  check: (context) => new ConsumerOrder(context),
};

class ConsumerOrder implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By node, then by partition id: the offset it must read next; undefined while that is not known. */
  private readonly positions: (Offset | undefined)[][];

  constructor(context: CheckContext, findings = new Findings(), positions: (Offset | undefined)[][] = context.config.nodes.map(() => [])) {
    this.context = context;
    this.findings = findings;
    this.positions = positions;
  }

  get violations(): number {
    return this.findings.violations;
  }

  processStarted(node: number): void {
    this.positions[node] = [];
  }

  observed({ observation, node, atUs }: HistoryEntry): void {
    if (observation.type === 'poll') this.polled(observation, node, atUs);
    else if (observation.type === 'assignment') this.keepOwned(node, observation);
    else if (observation.type === 'position.reset') this.setPosition(node, this.context.cluster.partition(observation.topic, observation.partition), observation.to);
  }

  private polled({ topic, partition: index, records, from }: Polled, node: number, atUs: number): void {
    const partition = this.context.cluster.partition(topic, index);
    let position = this.positions[node]?.[partition.id];
    for (const { offset } of records) {
      if (position !== undefined) {
        this.findings.compared += 1;
        if (offset < position) this.regressed(partition, node, position, offset, atUs);
        else if (offset > position) this.leapt(partition, node, from, position, offset, atUs);
      }
      position = offset + 1;
    }
    if (position !== undefined) this.setPosition(node, partition, position);
  }

  /** A partition that comes back to the same member begins at the committed offset, not where it was left. */
  private keepOwned(node: number, { owned }: AssignmentChanged): void {
    const positions = this.positions[node];
    if (positions === undefined) return;
    const kept = new Set(owned.flatMap(({ topic, partitions }) => partitions.map((partition) => this.context.cluster.partition(topic, partition).id)));
    this.positions[node] = positions.map((position, id) => (kept.has(id) ? position : undefined));
  }

  private regressed(partition: TrackedPartition, node: number, position: Offset, offset: Offset, atUs: number): void {
    const consumer = this.context.cluster.nameOf(node);
    this.findings.violated(atUs, () => ({
      sentence: `${consumer} got offset ${offset} of ${partition.name} after offset ${position - 1}, without a reset in between`,
      details: { topicPartition: partition.name, consumer, position, offset },
    }));
  }

  /** Offsets `[position, offset)` were passed over; a violation when a committed data record stands there. */
  private leapt(partition: TrackedPartition, node: number, from: number, position: Offset, offset: Offset, atUs: number): void {
    // Each replica is cleaned by itself: what is gone from the server's log another may hold still (LOG-10).
    const start = Math.max(position, partition.logOn(from).cleanedEndOffset);
    const skipped = committedRecord(partition.leader, start, offset) ?? committedRecord(partition.replicaOn(from), position, offset);
    if (skipped === undefined) return;
    const { cluster } = this.context;
    const consumer = cluster.nameOf(node);
    this.findings.violated(atUs, () => ({
      sentence: `${consumer} got offset ${offset} of ${partition.name} from ${cluster.nameOf(from)} while its position was ${position}: it skipped the committed record at offset ${skipped}`,
      details: { topicPartition: partition.name, consumer, position, offset, skippedOffset: skipped, broker: cluster.nameOf(from) },
    }));
  }

  private setPosition(node: number, partition: TrackedPartition, position: Offset): void {
    let positions = this.positions[node];
    if (positions === undefined) {
      while (this.positions.length < node) this.positions.push([]);
      positions = [];
      this.positions[node] = positions;
    }
    while (positions.length < partition.id) positions.push(undefined);
    positions[partition.id] = position;
  }

  verdict() {
    return this.findings.verdict(consumerOrder, 'no consumer read on from a position that is known');
  }

  fork(context: CheckContext): Checker {
    return new ConsumerOrder(context, this.findings.fork(), this.positions.map((positions) => positions.slice()));
  }
}

/** The first offset in the range that holds a data record below the replica's high watermark. */
function committedRecord(replica: TrackedReplica | undefined, startOffsetInclusive: Offset, endOffsetExclusive: Offset): Offset | undefined {
  if (replica?.view === undefined) return undefined;
  const { log, highWatermark } = replica.view;
  for (const batch of dataBatches(log, startOffsetInclusive, Math.min(endOffsetExclusive, highWatermark))) {
    for (let i = 0; i < batch.records.length; i += 1) {
      const offset = offsetOfRecord(batch, i);
      if (offset >= startOffsetInclusive && offset < endOffsetExclusive) return offset;
    }
  }
  return undefined;
}
