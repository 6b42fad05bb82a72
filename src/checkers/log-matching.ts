/**
 * S-07: where two replicas hold a batch at the same offset with the same leader epoch, they agree on everything up to it;
 * also a replica that held it once and was truncated, and one that appends it again.
 *
 * The ghost is, per partition and leader epoch, the longest log seen that ends in that epoch. Log matching within an epoch
 * is transitive, so one comparison with that log per append stands for a comparison with every replica. Logs are values
 * that share their batches with the live ones, so a kept log costs next to nothing; only the newest epochs are kept, since
 * a log that reaches a newer epoch is compared over all of its prefix there.
 *
 * What retention has passed on one replica is compared no more: a follower whose log parts from the leader's below the leader's
 * start is cut at that start only, which answers for the epochs before it (EPO-3), and a crash may show the rest once more, the
 * log start being checkpointed now and then (LOG-9).
 *
 * Source: LogMatching of Raft, section 5.3, and of the KIP-966 specification; KIP-101, KIP-279.
 */
import type { LeaderEpoch, NodeId, Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { agreeBelow, commonPrefixEnd } from './compare-logs.ts';
import { Findings } from './findings.ts';

/** Elections come rarely enough that whoever lags behind this many is caught up by the time it matters. */
export const KEPT_EPOCHS = 8;

export const logMatching: Property = {
  name: 'log-matching',
  claim: 'two replicas with the same leader epoch at an offset agree on everything up to it',
  source: 'S-07; KIP-101, Raft section 5.3',
  kind: 'safety',
  check: (context) => new LogMatching(context),
};

/** The longest log seen that ends in `epoch`, and where. */
interface Witness {
  readonly epoch: LeaderEpoch;
  readonly log: PartitionLog;
  readonly brokerId: NodeId;
}

const NO_WITNESSES: readonly Witness[] = [];

class LogMatching implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By partition id; newest epoch first. */
  private readonly witnesses: (readonly Witness[] | undefined)[];
  /** By partition id: the highest log start that a replica ever had. */
  private readonly floors: Offset[];

  constructor(context: CheckContext, findings = new Findings(), witnesses: (readonly Witness[] | undefined)[] = [], floors: Offset[] = []) {
    this.context = context;
    this.findings = findings;
    this.witnesses = witnesses;
    this.floors = floors;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged({ partition, brokerId }: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (after === undefined || after.log === before?.log || after.log.lastBatch === undefined) return;
    const { log } = after;
    if (log.logStartOffset > (this.floors[partition.id] ?? 0)) this.raiseFloor(partition, log.logStartOffset);
    // One change may append batches of several epochs; earlier ones are covered by the prefix of the last.
    const epoch = log.lastEpoch;
    const witnesses = this.witnesses[partition.id] ?? NO_WITNESSES;
    const place = placeOf(witnesses, epoch);
    const witness = witnesses[place];
    if (witness === undefined || witness.epoch !== epoch) {
      for (const other of witnesses) this.compare(partition, other, log, brokerId, atUs);
      if (place < KEPT_EPOCHS) this.keep(partition, witnesses.toSpliced(place, 0, { epoch, log, brokerId }).slice(0, KEPT_EPOCHS));
      return;
    }
    this.compare(partition, witness, log, brokerId, atUs);
    if (log.logEndOffset > witness.log.logEndOffset) this.keep(partition, witnesses.with(place, { epoch, log, brokerId }));
  }

  private compare(partition: TrackedPartition, witness: Witness, log: PartitionLog, brokerId: NodeId, atUs: number): void {
    const end = Math.min(log.logEndOffset, witness.log.logEndOffset);
    if (agreeBelow(log, witness.log, end)) {
      // A replica that agrees with its own past proves nothing about replicas.
      if (brokerId !== witness.brokerId) this.findings.compared += 1;
      return;
    }
    const floor = this.floors[partition.id] ?? 0;
    if (floor >= end || agreeBelow(log.withLogStart(Math.max(floor, log.logStartOffset)), witness.log, end)) return;
    const parted = commonPrefixEnd(log.withLogStart(Math.max(floor, log.logStartOffset)), witness.log);
    const match = firstMatchFrom(log, witness.log, parted, end);
    if (match === undefined) return;
    this.findings.compared += 1;
    const [one, two] = [this.context.cluster.nameOf(brokerId), this.context.cluster.nameOf(witness.brokerId)];
    this.findings.violated(atUs, () => ({
      sentence: `${one} and ${two} both hold a batch of leader epoch ${match.epoch} at offset ${match.offset} of ${partition.name}, but their logs part at offset ${parted} (leader epochs ${log.epochAt(parted)} and ${witness.log.epochAt(parted)})`,
      details: { topicPartition: partition.name, brokers: [one, two], offset: match.offset, leaderEpoch: match.epoch, partedAtOffset: parted },
    }));
  }

  private raiseFloor(partition: TrackedPartition, logStartOffset: Offset): void {
    while (this.floors.length < partition.id) this.floors.push(0);
    this.floors[partition.id] = logStartOffset;
  }

  private keep(partition: TrackedPartition, witnesses: readonly Witness[]): void {
    while (this.witnesses.length < partition.id) this.witnesses.push(undefined);
    this.witnesses[partition.id] = witnesses;
  }

  verdict() {
    return this.findings.verdict(logMatching, 'no two replicas held a batch of the same leader epoch');
  }

  fork(context: CheckContext): Checker {
    return new LogMatching(context, this.findings.fork(), this.witnesses.slice(), this.floors.slice());
  }
}

/** Place of `epoch` in `witnesses`, or where it would have to be inserted. */
function placeOf(witnesses: readonly Witness[], epoch: LeaderEpoch): number {
  let place = 0;
  while (place < witnesses.length && (witnesses[place] as Witness).epoch > epoch) place += 1;
  return place;
}

/**
 * The first batch in `[from, to)` that stands in both logs at the same offset with the same leader epoch; undefined when
 * their epochs differ all the way, which is divergence that a follower still has to truncate, and allowed.
 */
function firstMatchFrom(a: PartitionLog, b: PartitionLog, from: Offset, to: Offset): { readonly offset: Offset; readonly epoch: LeaderEpoch } | undefined {
  let offset = Math.max(from, a.logStartOffset);
  while (offset < to) {
    const [batch] = a.read(offset, a.logEndOffset, 1, true);
    if (batch === undefined) return undefined;
    const other = b.batchAt(batch.baseOffset);
    if (other !== undefined && other.baseOffset === batch.baseOffset && other.partitionLeaderEpoch === batch.partitionLeaderEpoch) {
      return { offset: batch.baseOffset, epoch: batch.partitionLeaderEpoch };
    }
    offset = batch.nextOffset;
  }
  return undefined;
}
