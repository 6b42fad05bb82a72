/**
 * S-25: a coordinator's memory is its log. Whatever it has written is in the log of its own replica, and nothing else: what it
 * remembers of a group equals the replay of that log to its end, after a load, after each write that the log has taken, and
 * after each that it refused. A stable group of the classic protocol is as its last record says, but for static members whose
 * replacement was taken back (static-replacements.ts).
 *
 * Asked of a broker while it leads the partition, whether legitimately or not: a coordinator that was replaced and does not
 * know it still agrees with itself. Not asked between a write and the log's answer to it.
 *
 * Source: S-25; KAFKA-5600, Redpanda CORE-16998 (a coordinator whose memory is not what it loads).
 */
import { metadataValueOf } from '../kafka/group/classic-group.ts';
import { GROUP_METADATA_TOPIC } from '../kafka/group/partition.ts';
import type { GroupView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';
import { differenceOf, GroupReplay } from './group-replay.ts';
import { StaticReplacements } from './static-replacements.ts';

export const coordinatorIsReplay: Property = {
  name: 'coordinator-is-replay',
  claim: 'what a group coordinator remembers of a group is what its log replays to',
  source: 'S-25; KAFKA-5600, CoordinatorRuntime',
  kind: 'safety',
  appliesTo: ({ usesGroups }) => usesGroups === true,
  check: (context) => new CoordinatorIsReplay(context),
};

class CoordinatorIsReplay implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  private readonly replay: GroupReplay;
  private readonly replacements: StaticReplacements;

  constructor(context: CheckContext, findings = new Findings(), replay = new GroupReplay(), replacements = new StaticReplacements()) {
    this.context = context;
    this.findings = findings;
    this.replay = replay;
    this.replacements = replacements;
  }

  get violations(): number {
    return this.findings.violations;
  }

  groupChanged(before: GroupView | undefined, after: GroupView | undefined, atUs: number): void {
    if (after !== undefined) this.replacements.groupChanged(before, after);
    if (after === undefined || after.writes.some(({ isAppended }) => !isAppended)) return;
    const { groupId, brokerId, partition, image } = after;
    const replica = this.context.cluster.partition(GROUP_METADATA_TOPIC, partition).replicaOn(brokerId);
    if (replica?.view === undefined || replica.view.leadership === null) return;
    const isNews = before?.image !== image || before.writes.some(({ isAppended }) => !isAppended);
    if (isNews) {
      this.findings.compared += 1;
      const difference = differenceOf(image, this.replay.imageOf(replica, groupId));
      if (difference !== undefined) this.differs(after, difference, atUs);
    }
    if (after.writes.length === 0 && (isNews || before.classic !== after.classic)) this.judgeStable(after, atUs);
  }

  /** Between records a group may be ahead of its last one, but not while it is stable. */
  private judgeStable(group: GroupView, atUs: number): void {
    const { classic, image } = group;
    if (classic.state !== 'Stable' || image.consumer !== null) return;
    this.findings.compared += 1;
    const live = metadataValueOf(classic, ({ assignment }) => assignment);
    const { metadata } = image;
    const essence = (value: typeof live): string => JSON.stringify([value.generation, value.protocol, value.leader, value.members.map(({ memberId, groupInstanceId, assignment }) => [memberId, groupInstanceId, assignment]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))]);
    if (metadata !== null && essence(live) === essence(metadata)) return;
    if (metadata !== null && essence(live) === essence(this.replacements.takenBack(group, metadata))) {
      this.findings.expect(1, 'a static member came back, and the write that was given up is in the log');
      return;
    }
    this.differs(group, `it is stable in generation ${live.generation} with ${live.members.length} members, and its last record says ${metadata === null ? 'nothing' : `generation ${metadata.generation} with ${metadata.members.length}`}, or they differ otherwise`, atUs);
  }

  private differs({ groupId, brokerId, partition }: GroupView, difference: string, atUs: number): void {
    const broker = this.context.cluster.nameOf(brokerId);
    this.findings.violated(atUs, () => ({
      sentence: `${broker}, coordinator of the group ${groupId}, does not remember what ${GROUP_METADATA_TOPIC}-${partition} says: ${difference}`,
      details: { groupId, broker, partition },
    }));
  }

  verdict() {
    return this.findings.verdict(coordinatorIsReplay, 'no coordinator wrote or loaded anything');
  }

  fork(context: CheckContext): Checker {
    return new CoordinatorIsReplay(context, this.findings.fork(), this.replay.fork(), this.replacements.fork());
  }
}
