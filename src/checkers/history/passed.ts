/**
 * Which records readers certainly passed: for each topic-partition the indexes of its version order that lie between two records
 * which one process read one after the other, or between where its position was set and the record that it read from there. A
 * record that somebody passed and nobody read was not there.
 *
 * A process whose position the history does not tell is taken to have begun at the start, as Jepsen's readers do.
 */
import type { Key } from '../../history/recorded/operations.ts';
import { pollSteps } from './poll-pairs.ts';
import type { Prepared } from './prepared.ts';

/** By key and index. */
export type Passed = ReadonlyMap<Key, readonly boolean[]>;

/** O(n log n) in the operations. */
export function passedBy(prepared: Prepared): Passed {
  /** By key: how many spans begin at an index, less those that ended before it. */
  const changes = new Map<Key, number[]>();
  for (const { key, last, index, isExempt } of pollSteps(prepared)) {
    const from = (last?.index ?? -1) + 1;
    if (isExempt || index < from) continue;
    const ofKey = changes.get(key) ?? Array.from({ length: (prepared.orders.get(key)?.offsets.length ?? 0) + 1 }, () => 0);
    changes.set(key, ofKey);
    ofKey[from] = (ofKey[from] ?? 0) + 1;
    ofKey[index + 1] = (ofKey[index + 1] ?? 0) - 1;
  }
  return new Map([...changes].map(([key, ofKey]) => {
    let open = 0;
    return [key, ofKey.map((change) => (open += change) > 0)];
  }));
}
