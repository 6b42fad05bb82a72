/**
 * S-16: nobody goes back. Leader epoch and partition epoch of a replica never fall while its process lives; leader epochs
 * and broker epochs never fall, and partition epochs rise, in what the controller commits; and no fetch of an older leader
 * epoch raises a leader's high watermark.
 *
 * The last claim is judged from outside: a follower whose fetch has just counted must have come to know the leader's epoch.
 * A process that starts knows no epoch (-1) and is asked from its first one on.
 * Left out: controller epochs (metadata-log), producer and member epochs.
 *
 * Source: KIP-320, KIP-380, KIP-497, KIP-903; Partition.checkCurrentLeaderEpoch.
 */
import { NO_EPOCH } from '../kafka/ids.ts';
import type { MetadataImage, PartitionRegistration } from '../kafka/metadata.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';

export const epochFencing: Property = {
  name: 'epoch-fencing',
  claim: 'no leader, partition or broker epoch ever falls, and no fetch of an older leader epoch counts',
  source: 'S-16; KIP-320, KIP-497, KIP-903, Partition.checkCurrentLeaderEpoch',
  kind: 'safety',
  check: (context) => new EpochFencing(context),
};

class EpochFencing implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (before === undefined || after === undefined) return;
    if (before.leaderEpoch !== after.leaderEpoch || before.partitionEpoch !== after.partitionEpoch) {
      this.findings.compared += 1;
      const who = `${this.context.cluster.nameOf(replica.brokerId)}, replica of ${replica.partition.name},`;
      if (after.leaderEpoch < before.leaderEpoch) this.fell(replica.partition, `${who} went back from leader epoch ${before.leaderEpoch} to ${after.leaderEpoch}`, atUs);
      if (after.partitionEpoch < before.partitionEpoch) this.fell(replica.partition, `${who} went back from partition epoch ${before.partitionEpoch} to ${after.partitionEpoch}`, atUs);
    }
    if (after.leadership !== null && after.highWatermark > before.highWatermark) this.judgeFetches(replica, before, after, atUs);
  }

  /** Of followers whose fetch may have raised the high watermark just now. */
  private judgeFetches({ partition, brokerId }: TrackedReplica, before: ReplicaView, after: ReplicaView, atUs: number): void {
    const remotes = after.leadership?.remotes ?? [];
    const known = before.leadership?.remotes ?? [];
    for (let i = 0; i < remotes.length; i += 1) {
      const remote = remotes[i] as (typeof remotes)[number];
      if (remote === known[i] || remote.logEndOffset <= (known.find(({ brokerId: id }) => id === remote.brokerId)?.logEndOffset ?? -1)) continue;
      const follower = partition.replicaOn(remote.brokerId)?.view;
      if (follower === undefined || follower.leaderEpoch === NO_EPOCH) continue;
      this.findings.compared += 1;
      if (follower.leaderEpoch >= after.leaderEpoch) continue;
      const { cluster } = this.context;
      const [leader, fetcher] = [cluster.nameOf(brokerId), cluster.nameOf(remote.brokerId)];
      this.fell(partition, `${leader}, leader of ${partition.name} in leader epoch ${after.leaderEpoch}, raised its high watermark to ${after.highWatermark} with a fetch of ${fetcher}, which knows no leader epoch after ${follower.leaderEpoch}`, atUs);
    }
  }

  registrationChanged(partition: TrackedPartition, before: PartitionRegistration | undefined, after: PartitionRegistration, atUs: number): void {
    this.findings.compared += 1;
    if (before === undefined) return;
    if (after.leaderEpoch < before.leaderEpoch) this.fell(partition, `the controller took ${partition.name} back from leader epoch ${before.leaderEpoch} to ${after.leaderEpoch}`, atUs);
    if (after.partitionEpoch <= before.partitionEpoch) this.fell(partition, `the controller committed ${partition.name} in partition epoch ${after.partitionEpoch} after ${before.partitionEpoch}`, atUs);
  }

  imageCommitted(before: MetadataImage, after: MetadataImage, atUs: number): void {
    for (const id of after.brokersTouchedSince(before)) {
      const [older, newer] = [before.broker(id), after.broker(id)];
      if (older === undefined || newer === undefined) continue;
      this.findings.compared += 1;
      if (newer.epoch >= older.epoch) continue;
      const broker = this.context.cluster.nameOf(id);
      this.findings.violated(atUs, () => ({ sentence: `the controller took ${broker} back from broker epoch ${older.epoch} to ${newer.epoch}`, details: { broker, before: older.epoch, after: newer.epoch } }));
    }
  }

  private fell(partition: TrackedPartition, sentence: string, atUs: number): void {
    this.findings.violated(atUs, () => ({ sentence, details: { topicPartition: partition.name } }));
  }

  verdict() {
    return this.findings.verdict(epochFencing, 'no epoch ever changed');
  }

  fork(context: CheckContext): Checker {
    return new EpochFencing(context, this.findings.fork());
  }
}
