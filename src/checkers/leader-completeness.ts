/**
 * S-08: whoever the controller elects cleanly, from the ISR or, with KIP-966, from the ELR, holds everything that is
 * committed, unchanged, at the moment of the election; whether it ever comes to act or not.
 *
 * Not asked of a broker whose disk has lost records since it registered: the controller cannot know yet, and elects again
 * when it registers anew. Unclean elections, where the topic allows them, are counted as excused. What is missing beyond
 * the fault budget is excused and counted.
 *
 * Source: LeaderCompleteness and LeaderCandidateCompleteness of the KIP-966 specification; KAFKA-7128, KIP-903.
 */
import { NO_LEADER } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { missingBatches } from './committed-prefix.ts';
import { holdsPrefix } from './compare-logs.ts';
import { Findings } from './findings.ts';
import { allowed } from './guarantees.ts';
import { checkedTopic, eligibleLeaders } from './min-isr.ts';

export const leaderCompleteness: Property = {
  name: 'leader-completeness',
  claim: 'whoever is elected cleanly holds everything that is committed',
  source: 'S-08; LeaderCompleteness of the KIP-966 specification, KAFKA-7128, KIP-903',
  kind: 'safety',
  check: (context) => new LeaderCompleteness(context),
};

class LeaderCompleteness implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  registrationChanged(partition: TrackedPartition, before: PartitionRegistration | undefined, after: PartitionRegistration, atUs: number): void {
    const { leader, leaderEpoch } = after;
    if (leader === NO_LEADER || leader === before?.leader) return;
    const { config, trace, committed } = this.context;
    const isClean = before === undefined || eligibleLeaders(before).includes(leader);
    if (!isClean && checkedTopic(config, partition.topic)?.uncleanLeaderElectionEnable === true) {
      this.findings.excuse(1, 'the topic allows unclean elections');
      return;
    }
    this.findings.compared += 1;
    const known = committed.of(partition);
    const log = partition.logOn(leader);
    if (known === undefined || trace.hasLost(partition, leader) || holdsPrefix(log, known.log, known.endOffset)) return;
    for (const batch of missingBatches(log, known)) {
      const reason = allowed({ kind: 'committed batch lost', partition, batch }, config, trace);
      if (reason !== undefined) {
        this.findings.excuse(batch.records.length, reason);
        continue;
      }
      const elected = this.context.cluster.nameOf(leader);
      this.findings.violated(atUs, () => ({
        sentence: `the controller elected ${elected} leader of ${partition.name} in leader epoch ${leaderEpoch}, which does not hold the committed batch at offset ${batch.baseOffset} (leader epoch ${batch.partitionLeaderEpoch}): the high watermark had reached ${known.endOffset}, its log ends at ${log.logEndOffset}`,
        details: { topicPartition: partition.name, elected, leaderEpoch, offset: batch.baseOffset, highWatermark: known.endOffset, logEndOffset: log.logEndOffset },
      }));
      return;
    }
  }

  verdict() {
    return this.findings.verdict(leaderCompleteness, 'the controller elected nobody');
  }

  fork(context: CheckContext): Checker {
    return new LeaderCompleteness(context, this.findings.fork());
  }
}
