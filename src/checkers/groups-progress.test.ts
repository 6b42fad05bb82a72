import { describe, expect, it } from 'vitest';
import type { CheckConfig } from './checker.ts';
import { groupsProgress } from './groups-progress.ts';
import { US_PER_S } from '../kernel/time.ts';
import { END_US, OTHER_READER, READER, sentencesAtEnd, settledStage, stagedConfig, type Stage } from './staging.ts';

/** The two readers as members of one group. */
function groupStage(changes: Partial<CheckConfig> = {}, pace: Partial<CheckConfig['consumers'][number]> = {}): Stage {
  const consumers = stagedConfig().consumers.map((consumer) => ({ ...consumer, groupId: 'group', ...pace }));
  return settledStage(groupsProgress, { usesGroups: true, consumers, ...changes });
}

describe('progress of groups', () => {
  it('holds when somebody owns the partition and has read what is committed', () => {
    const stage = groupStage();
    stage.assign(READER, [0]);
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is violated when nobody owns it, or its owner stands still', () => {
    const nobody = groupStage();
    nobody.assign(READER, [0]);
    nobody.assign(READER, [], 'revoked');
    expect(sentencesAtEnd(nobody)).toEqual(['nobody in the group group owns orders-0, though reader-1, reader-2 run']);
    const slow = groupStage();
    slow.assign(OTHER_READER, [0]);
    slow.replicate(1, [2, 3], ['c']);
    expect(sentencesAtEnd(slow)).toEqual([
      expect.stringMatching(/^reader-2, which owns orders-0 in the group group, is at offset 2; the high watermark was 3 by 00:06:\d\d\.000000, and broker-1 leads it$/),
    ]);
  });

  it('does not count what a process owned that has been restarted since', () => {
    const stage = groupStage();
    stage.assign(READER, [0]);
    stage.start(READER, 2);
    expect(sentencesAtEnd(stage)).toEqual(['nobody in the group group owns orders-0, though reader-1, reader-2 run']);
  });

  it('asks nothing of a group with a member that gave up, or may be taken for stuck, and no position of a slow one', () => {
    const failed = groupStage();
    failed.fail(READER);
    expect(sentencesAtEnd(failed)).toEqual([]);
    expect(failed.verdict()).toMatchObject({ verdict: 'vacuous' });
    expect(sentencesAtEnd(groupStage({}, { pollsInTime: false }))).toEqual([]);
    const busy = groupStage({}, { processesAtOnce: false });
    busy.assign(READER, [0]);
    busy.replicate(1, [2, 3], ['c']);
    expect(sentencesAtEnd(busy)).toEqual([]);
  });

  it('excuses a static group of a partition that nobody has owned in the generation, once a member has come back into its generation', () => {
    const config = { ...stagedConfig().consumers[0]?.config as CheckConfig['consumers'][number]['config'], groupInstanceId: 'reader' };
    const returned = groupStage({}, { config });
    returned.assign(READER, []);
    returned.start(READER, 2);
    returned.assign(READER, []);
    expect(sentencesAtEnd(returned)).toEqual([]);
    expect(returned.verdict().note).toContain('KIP-814');
    const earlier = groupStage({}, { config });
    earlier.assign(READER, [0]);
    earlier.assign(READER, [], 'assigned', 2);
    earlier.start(READER, 2);
    earlier.assign(READER, [], 'assigned', 2);
    expect(sentencesAtEnd(earlier)).toEqual([]);
    // Without a loss of the group's log, an older generation says nothing of what was owned in a later one.
    const older = groupStage({}, { config });
    older.assign(READER, [0], 'assigned', 2);
    older.start(READER, 2);
    older.assign(READER, [], 'assigned', 1);
    expect(sentencesAtEnd(older)).toHaveLength(1);
    const once = groupStage({}, { config });
    once.assign(READER, []);
    expect(sentencesAtEnd(once)).toHaveLength(1);
    const owned = groupStage({}, { config });
    owned.assign(READER, [0]);
    owned.start(READER, 2);
    owned.assign(READER, []);
    expect(sentencesAtEnd(owned)).toHaveLength(1);
  });

  it('owes nothing yet a bound after a member has started, which may crash and return at any time', () => {
    const stage = groupStage();
    stage.waitUntil(END_US - US_PER_S);
    stage.start(READER, 2);
    expect(sentencesAtEnd(stage)).toEqual([]);
    expect(stage.verdict().note).toContain('a bound of 20000 ms after the last fault or operation');
  });

  it('is vacuous when the run has no quiet end', () => {
    expect(groupStage({ liveness: null }).verdict()).toMatchObject({ verdict: 'vacuous', note: 'the run has no quiet end' });
  });
});
