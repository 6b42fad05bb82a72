/**
 * H-26: within one generation of a group a topic-partition has one owner, and only that one gets its records. Members of different
 * generations may overlap in real time: one that was thrown out goes on until it hears of it.
 *
 * A process that starts anew may own in the same generation what it owned before (static membership, KIP-345): a process counts
 * as one owner. Left out: a `group.instance.id` that moves to another process.
 * Source: S-26; ConsumerPartitionAssignor; KIP-848, member epochs.
 */
import type { Key } from '../../history/recorded/operations.ts';
import { groupsByIndex, isRebalance } from './groups.ts';
import { endOf } from './prepared.ts';
import type { HistoryRule } from './rule.ts';

export const sharedOwnership: HistoryRule = {
  name: 'shared-ownership',
  claim: 'a topic-partition has one owner in each generation of a group',
  source: 'H-26; GD-13; S-26',
  standing: 'never',
  check: (prepared, judgement) => {
    const owners = new Map<string, string>();
    for (const operation of prepared.operations) {
      if (!isRebalance(operation)) continue;
      const { group, generation, value, process, timeNs } = operation;
      for (const key of value) {
        judgement.compared += 1;
        const other = claim(owners, group, generation, key, process);
        if (other === undefined) continue;
        judgement.anomaly({ key, client: process }, timeNs, () => ({
          sentence: `${process} and ${other} both own ${key} in generation ${generation} of group ${group}`,
          details: { groupId: group, generation, topicPartition: key, owners: [other, process] },
        }));
      }
    }
    const groups = groupsByIndex(prepared);
    for (const { call, key, records, atNs } of prepared.reads) {
      const membership = groups.membershipOf(call, endOf(call));
      if (membership === undefined) continue;
      judgement.compared += 1;
      const { group, generation, owned } = membership;
      const { process } = call.begun;
      const owner = owners.get(ownership(group, generation, key));
      if (owned.includes(key) || owner === undefined || owner === process) continue;
      judgement.anomaly({ key, offset: records[0]?.offset ?? null, client: process }, atNs, () => ({
        sentence: `${process} read ${key} in generation ${generation} of group ${group}, in which ${owner} owns it`,
        details: { groupId: group, generation, topicPartition: key, owners: [owner, process] },
      }));
    }
    return 'no member of a group owned anything';
  },
};

function ownership(group: string, generation: number, key: Key): string {
  return `${group}\n${generation}\n${key}`;
}

/** Another process that owns it, if there is one. */
function claim(owners: Map<string, string>, group: string, generation: number, key: Key, process: string): string | undefined {
  const name = ownership(group, generation, key);
  const owner = owners.get(name);
  if (owner === undefined) owners.set(name, process);
  return owner === undefined || owner === process ? undefined : owner;
}
