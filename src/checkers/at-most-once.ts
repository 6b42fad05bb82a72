/**
 * GD-7: the effect of a record happens once in a group. What the configuration gives away (a commit after the effect, and a
 * restart or a rebalance before it is confirmed) is counted as expected, see delivery-guarantees.ts. With an idempotent sink
 * nothing is given away: whoever processes again finds the effect there.
 *
 * Never allowed, whatever the application: that a member begins below what had been confirmed when it was assigned the partition,
 * or that one claim gives a record twice. Judged at the end.
 * Source: "Message Delivery Semantics" in the Kafka documentation; consume-counts in Jepsen's Kafka checker.
 */
import { formatUs } from '../kernel/time.ts';
import type { Offset } from '../kafka/ids.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { confirmedBeyond, deliveriesOf, hasVisibleGroups, type CarriedOut, type Claim, type Delivery } from './deliveries.ts';
import { repeated } from './delivery-guarantees.ts';
import { Findings } from './findings.ts';

export const atMostOnce: Property = {
  name: 'at-most-once',
  claim: 'the effect of a record happens once in a group, but for what was processed and not committed',
  source: 'GD-7; H-27; commitSync',
  kind: 'safety',
  appliesTo: hasVisibleGroups,
  check: (context) => new AtMostOnce(context),
};

class AtMostOnce implements Checker {
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
    for (const delivery of deliveriesOf(this.context)) {
      for (const [offset, effects] of delivery.effects) this.judge(delivery, offset, effects.filter(({ isApplied }) => isApplied));
    }
    return this.findings.verdict(atMostOnce, 'no group carried out an effect');
  }

  private judge(delivery: Delivery, offset: Offset, applied: readonly CarriedOut[]): void {
    this.findings.compared += 1;
    const [first, second] = applied;
    if (first === undefined || second === undefined) return;
    const reason = reasonFor(delivery, offset, applied, this.context);
    if (reason !== undefined) {
      this.findings.expect(applied.length - 1, reason);
      return;
    }
    const { groupId, partition, claims } = delivery;
    const { cluster } = this.context;
    const from = claims.findLast((claim) => holds(claim, offset) && claim.index < second.index);
    const committed = from === undefined ? undefined : confirmedBeyond(delivery, offset, from.assignedIndex < 0 ? from.index : from.assignedIndex);
    const though = committed === undefined ? '' : `, though offset ${committed.offset} had been committed at ${formatUs(committed.endedUs)}`;
    this.findings.violated(second.atUs, () => ({
      sentence: `the effect of "${first.value}" at offset ${offset} of ${partition.name} happened in group ${groupId} on ${cluster.nameOf(first.node)} at ${formatUs(first.atUs)} and again on ${cluster.nameOf(second.node)}${though}`,
      details: { groupId, topicPartition: partition.name, offset, value: first.value, times: applied.length, members: applied.map(({ node }) => cluster.nameOf(node)) },
    }));
  }

  fork(context: CheckContext): Checker {
    return new AtMostOnce(context, this.findings.fork());
  }
}

/** Why each effect beyond the first is no bug; undefined when one of them is. */
function reasonFor(delivery: Delivery, offset: Offset, applied: readonly CarriedOut[], context: CheckContext): string | undefined {
  if (delivery.applications.every(({ sink }) => sink === 'idempotent')) return undefined;
  const claims = delivery.claims.filter((claim) => holds(claim, offset));
  // More effects than times that poll gave the record.
  if (claims.length < applied.length) return undefined;
  let reason: string | undefined;
  for (const claim of claims.slice(1)) {
    reason = repeated(delivery, offset, claim, context);
    if (reason === undefined) return undefined;
  }
  return reason;
}

function holds({ firstOffset, endOffset }: Claim, offset: Offset): boolean {
  return offset >= firstOffset && offset < endOffset;
}
