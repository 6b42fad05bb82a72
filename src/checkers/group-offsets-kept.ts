/**
 * GRP-8: offsets that are in use do not expire. A coordinator takes no committed offset back of a topic that exists and that a
 * group with members subscribes to.
 *
 * Source: KIP-211; KAFKA-4682, KAFKA-8069, KAFKA-13636 (each took offsets from groups that were there).
 */
import { isSubscribedTo } from '../kafka/group/classic-group.ts';
import { isSubscribedToTopic } from '../kafka/group/consumer-group.ts';
import type { GroupView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';

export const groupOffsetsKept: Property = {
  name: 'group-offsets-kept',
  claim: 'no committed offset expires that a group with members may start from',
  source: 'GRP-8; KIP-211, KAFKA-4682',
  kind: 'safety',
  appliesTo: ({ usesGroups }) => usesGroups === true,
  check: (context) => new GroupOffsetsKept(context),
};

class GroupOffsetsKept implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  groupChanged(before: GroupView | undefined, after: GroupView | undefined, atUs: number): void {
    if (before === undefined || after === undefined || before.image.offsets === after.image.offsets) return;
    this.findings.compared += 1;
    // Going back to what is in the log is no expiry: the write was refused.
    if (before.writes.length > after.writes.length) return;
    for (const [name, { topic, offset }] of before.image.offsets) {
      if (after.image.offsets.has(name) || !isInUse(before, topic) || this.context.cluster.image.topic(topic) === undefined) continue;
      const broker = this.context.cluster.nameOf(after.brokerId);
      this.findings.violated(atUs, () => ({
        sentence: `${broker} takes back the offset ${offset} of ${name}, to which the group ${after.groupId} subscribes with ${before.classic.members.size + (before.image.consumer?.members.size ?? 0)} members`,
        details: { groupId: after.groupId, broker, topicPartition: name, offset },
      }));
    }
  }

  verdict() {
    return this.findings.verdict(groupOffsetsKept, 'no offset was committed');
  }

  fork(context: CheckContext): Checker {
    return new GroupOffsetsKept(context, this.findings.fork());
  }
}

function isInUse({ image, classic }: GroupView, topic: string): boolean {
  return image.consumer === null ? isSubscribedTo(classic, topic) : isSubscribedToTopic(image.consumer, topic);
}
