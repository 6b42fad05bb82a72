/**
 * What members of groups do, for a story: what they own, what they commit when it is news, what is processed again, and what
 * their consumers throw.
 */
import type { ClientObservation } from '../../src/history/observations.ts';

export class GroupStory {
  /** Offsets under way, by node and id of the commit. */
  private readonly commits = new Map<string, string>();
  /** What a node committed last. */
  private readonly committed = new Map<string, string>();
  /** The group of a node, as it said itself. */
  private readonly groups = new Map<string, string>();
  /** Records that some member has processed, by group. */
  private readonly processed = new Set<string>();

  tell(observation: ClientObservation, node: string): string | undefined {
    switch (observation.type) {
      case 'assignment': {
        this.groups.set(node, observation.groupId);
        const owned = observation.owned.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`));
        return `${observation.reason}: owns ${owned.join(', ') || 'nothing'} in generation ${observation.generationId} of ${observation.groupId}`;
      }
      case 'commit.invoked':
        this.commits.set(`${node} ${observation.commitId}`, observation.offsets.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`).join(' '));
        return undefined;
      case 'commit.completed': {
        const offsets = this.commits.get(`${node} ${observation.commitId}`) ?? '';
        if (observation.outcome !== 'ok') return `commit of ${offsets} ends in ${observation.errorCode}`;
        const isNews = this.committed.get(node) !== offsets;
        this.committed.set(node, offsets);
        return isNews ? `commits ${offsets}` : undefined;
      }
      case 'record.processed': {
        const { topic, partition, offset } = observation;
        const key = `${this.groups.get(node) ?? ''} ${topic}-${partition}@${offset}`;
        const isAgain = this.processed.has(key);
        this.processed.add(key);
        return isAgain ? `processes ${topic}-${partition} ${observation.value.replace(/ #.*$/, '')}@${offset} a second time` : undefined;
      }
      case 'consumer.failed':
        return `poll throws ${observation.exception}`;
      default:
        return undefined;
    }
  }
}
