/**
 * CON-5: a consumer notices that a log was cut below what it has read. It lets each new leader confirm its position before it
 * fetches on (KIP-320), so it goes on reading only in a log that holds the last record that it got; otherwise its position is
 * set anew, by `auto.offset.reset` or by the application, and that can be seen.
 *
 *   poll(l, e1), poll(o, e2) without a reset in between  =>  the log that holds (o, e2) holds (l, e1)
 *
 * Only an election that is unclean, or a loss of every in-sync replica, cuts off what was read. What a consumer passes over then
 * was never in the log that is left, and no other property sees it. By Log Matching every log with (o, e2) says the same, so any
 * replica is asked; where none has it any more, or compaction took one of the two, nobody can tell. What one poll returns of one
 * epoch stood in one log, so its first record is compared for all of them.
 *
 * Not promised where the last record read has made way for one of an older epoch: the leader's answer ends the largest epoch up to
 * that of the position at the position or behind it, and the consumer compares this end alone, not the epoch of the answer
 * (SubscriptionState.maybeCompleteValidation).
 *
 * Nor of a last record from an answer of the leader before, which came, or was returned, when the position had been confirmed with
 * the next one already: only its offset is compared with the position, and nothing is confirmed again (FetchCollector.initialize).
 *
 * Source: OffsetFetcherUtils.validatePositionsOnMetadataChange; KIP-320 (KAFKA-7747, 2.3); BUG-59.
 */
import type { HistoryEntry } from '../history/history.ts';
import type { AssignmentChanged, Polled } from '../history/observations.ts';
import type { LeaderEpoch, Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { isRetained } from './compare-logs.ts';
import { Findings } from './findings.ts';

export const truncationNoticed: Property = {
  name: 'truncation-noticed',
  claim: 'a consumer reads on only in a log that holds what it has read, and notices when that was cut off',
  source: 'CON-5, H-07; KIP-320, OffsetFetcherUtils',
  kind: 'safety',
  appliesTo: ({ consumers, consumerValidatesPositions }) => consumers.length > 0 && consumerValidatesPositions !== false,
  check: (context) => new TruncationNoticed(context),
};

/** The last record that a consumer got of a partition since its position was set. */
interface LastRead {
  readonly offset: Offset;
  readonly leaderEpoch: LeaderEpoch;
  readonly isFromFormerLeader?: true | undefined;
}

class TruncationNoticed implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By node, then by partition id. */
  private readonly reads: (LastRead | undefined)[][];

  constructor(context: CheckContext, findings = new Findings(), reads: (LastRead | undefined)[][] = context.config.nodes.map(() => [])) {
    this.context = context;
    this.findings = findings;
    this.reads = reads;
  }

  get violations(): number {
    return this.findings.violations;
  }

  processStarted(node: number): void {
    this.reads[node] = [];
  }

  observed({ observation, node, atUs }: HistoryEntry): void {
    if (observation.type === 'poll') this.polled(observation, node, atUs);
    else if (observation.type === 'assignment') this.keepOwned(node, observation);
    else if (observation.type === 'position.reset') this.forget(node, this.idOf(observation.topic, observation.partition));
  }

  private polled({ topic, partition: index, records, from, isFromFormerLeader }: Polled, node: number, atUs: number): void {
    const first = records[0];
    const last = records.at(-1);
    if (first === undefined || last === undefined) return;
    const partition = this.context.cluster.partition(topic, index);
    const reads = this.readsOf(node);
    const known = reads[partition.id];
    if (known !== undefined) this.compare(partition, node, from, known, first, atUs);
    if (first.leaderEpoch !== last.leaderEpoch) {
      for (let i = 1; i < records.length; i += 1) {
        const [before, read] = [records[i - 1] as LastRead, records[i] as LastRead];
        if (before.leaderEpoch !== read.leaderEpoch) this.compare(partition, node, from, before, read, atUs);
      }
    }
    while (reads.length < partition.id) reads.push(undefined);
    reads[partition.id] = { offset: last.offset, leaderEpoch: last.leaderEpoch, isFromFormerLeader };
  }

  private compare(partition: TrackedPartition, node: number, from: number, before: LastRead, read: LastRead, atUs: number): void {
    const log = logWith(read, partition, from);
    if (log === undefined || !isRetained(log, before.offset) || before.offset < (this.context.committed.of(partition)?.deletedTo ?? 0)) return;
    this.findings.compared += 1;
    const held = log.batchAt(before.offset)?.partitionLeaderEpoch;
    if (held === before.leaderEpoch) return;
    if (held !== undefined && held < before.leaderEpoch) {
      this.findings.expect(1, 'the log that was left was as long as what had been read, of which the consumer compares no more');
      return;
    }
    if (before.isFromFormerLeader === true) {
      this.findings.expect(1, 'an answer of the leader before was taken when the position had been confirmed with the next');
      return;
    }
    const { cluster } = this.context;
    const consumer = cluster.nameOf(node);
    this.findings.violated(atUs, () => ({
      sentence: `${consumer} read on at offset ${read.offset} of ${partition.name}, of leader epoch ${read.leaderEpoch}, from ${cluster.nameOf(from)}, and did not notice that offset ${before.offset}, which it had read of leader epoch ${before.leaderEpoch}, was cut off: ${held === undefined ? 'nothing stands there' : `what stands there is of leader epoch ${held}`}`,
      details: { topicPartition: partition.name, consumer, broker: cluster.nameOf(from), offset: read.offset, leaderEpoch: read.leaderEpoch, lastOffset: before.offset, lastEpoch: before.leaderEpoch },
    }));
  }

  /** A partition that comes back to the same member begins at the committed offset. */
  private keepOwned(node: number, { owned }: AssignmentChanged): void {
    const kept = new Set(owned.flatMap(({ topic, partitions }) => partitions.map((partition) => this.idOf(topic, partition))));
    this.reads[node] = this.readsOf(node).map((read, id) => (kept.has(id) ? read : undefined));
  }

  private forget(node: number, id: number): void {
    const reads = this.readsOf(node);
    if (id < reads.length) reads[id] = undefined;
  }

  private idOf(topic: string, partition: number): number {
    return this.context.cluster.partition(topic, partition).id;
  }

  private readsOf(node: number): (LastRead | undefined)[] {
    while (this.reads.length <= node) this.reads.push([]);
    return this.reads[node] as (LastRead | undefined)[];
  }

  verdict() {
    return this.findings.verdict(truncationNoticed, 'no consumer read on from a record that it had read');
  }

  fork(context: CheckContext): Checker {
    return new TruncationNoticed(context, this.findings.fork(), this.reads.map((reads) => reads.slice()));
  }
}

/** A log that has the record: of the broker it came from, or else of any. */
function logWith(read: LastRead, partition: TrackedPartition, from: number): PartitionLog | undefined {
  const source = partition.logOn(from);
  return has(source, read) ? source : partition.replicas.find(({ log }) => has(log, read))?.log;
}

function has(log: PartitionLog, { offset, leaderEpoch }: LastRead): boolean {
  return offset >= log.logStartOffset && offset < log.logEndOffset && log.batchAt(offset)?.partitionLeaderEpoch === leaderEpoch;
}
