/**
 * GD-6: a record that a group has committed had its effect: nothing is passed over. What the configuration gives away (a commit
 * before the effect, a reset to the end, retention) is counted as expected, see delivery-guarantees.ts.
 *
 * Judged at the end, from what stands in the log and what was acknowledged: what is not committed yet is lag and no loss.
 * Source: "Message Delivery Semantics" in the Kafka documentation; unseen in Jepsen's Kafka checker, for effects.
 */
import { NO_OFFSET, type Offset } from '../kafka/ids.ts';
import { offsetOfRecord } from '../kafka/records.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { dataBatches } from './compare-logs.ts';
import { deliveriesOf, hasVisibleGroups, type Delivery } from './deliveries.ts';
import { skipped } from './delivery-guarantees.ts';
import { Findings } from './findings.ts';

export const atLeastOnce: Property = {
  name: 'at-least-once',
  claim: 'a group commits no record without its effect, but for what its application or a reset passes over',
  source: 'GD-6; H-27; enable.auto.commit, auto.offset.reset',
  kind: 'safety',
  appliesTo: hasVisibleGroups,
  check: (context) => new AtLeastOnce(context),
};

class AtLeastOnce implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  verdict() {
    const acknowledged = this.acknowledged();
    for (const delivery of deliveriesOf(this.context)) this.judge(delivery, acknowledged.get(delivery.partition.id) ?? new Map());
    return this.findings.verdict(atLeastOnce, 'no group committed past a record');
  }

  private judge(delivery: Delivery, acknowledged: ReadonlyMap<Offset, string>): void {
    const { groupId, partition, commits, claims, effects } = delivery;
    let passed = { offset: 0, atUs: 0 };
    for (const { isConfirmed, offset, endedUs } of commits) if (isConfirmed && offset > passed.offset) passed = { offset, atUs: endedUs };
    // A commit of unknown outcome took effect when somebody begins from it.
    for (const { reason, to, atUs } of claims) if (reason === 'committed' && to > passed.offset) passed = { offset: to, atUs };
    for (const [offset, value] of this.recordsBelow(delivery, passed.offset, acknowledged)) {
      this.findings.compared += 1;
      if (effects.has(offset)) continue;
      const reason = skipped(delivery, offset, this.context);
      if (reason !== undefined) {
        this.findings.expect(1, reason);
        continue;
      }
      this.findings.violated(passed.atUs, () => ({
        sentence: `group ${groupId} committed offset ${passed.offset} of ${partition.name}, and the effect of "${value}" at offset ${offset} was never carried out`,
        details: { groupId, topicPartition: partition.name, offset, value, committedOffset: passed.offset },
      }));
    }
  }

  /** Of the log that an election would take, and what was acknowledged before its start. */
  private recordsBelow({ partition }: Delivery, endOffsetExclusive: Offset, acknowledged: ReadonlyMap<Offset, string>): ReadonlyMap<Offset, string> {
    const [log] = [...partition.survivingLogs()].sort((a, b) => b.logEndOffset - a.logEndOffset);
    const records = new Map([...acknowledged].filter(([offset]) => offset < Math.min(endOffsetExclusive, log?.logStartOffset ?? 0)));
    if (log === undefined) return records;
    for (const batch of dataBatches(log, log.logStartOffset, Math.min(endOffsetExclusive, log.logEndOffset))) {
      batch.records.forEach(({ value }, i) => {
        const offset = offsetOfRecord(batch, i);
        if (value !== null && offset >= log.logStartOffset && offset < endOffsetExclusive) records.set(offset, value);
      });
    }
    return records;
  }

  /** Values by partition id and offset. */
  private acknowledged(): ReadonlyMap<number, ReadonlyMap<Offset, string>> {
    const { history, cluster } = this.context;
    const byPartition = new Map<number, Map<Offset, string>>();
    for (const { observation: { outcome, partition, offset }, invocation: { observation: { topic, value } } } of history.completions()) {
      if (outcome !== 'ok' || offset === NO_OFFSET) continue;
      const { id } = cluster.partition(topic, partition);
      const known = byPartition.get(id) ?? new Map<Offset, string>();
      byPartition.set(id, known);
      known.set(offset, value);
    }
    return byPartition;
  }

  fork(context: CheckContext): Checker {
    return new AtLeastOnce(context, this.findings.fork());
  }
}
