import { describe, expect, it } from 'vitest';
import { History } from '../history/history.ts';
import type { Outcome } from '../history/observations.ts';
import { groupLags } from './group-lag.ts';
import type { ConsumerSpec } from './scenario.ts';

const MEMBERS = [1, 2] as const;
const application = { mode: 'auto-commit', handler: 'sync', commit: 'sync', perRecordMs: 0, perBatchMs: 0, sink: 'naive', pollTimeoutMs: 1_000 } as const;
const consumer: ConsumerSpec = { name: 'c', nodes: ['c-1', 'c-2'], topics: ['gps'], bootstrap: [], config: {}, group: { groupId: 'g', application } };
const ENDS = { partitionCount: () => 2, startAndEnd: (_topic: string, partition: number) => ({ logStartOffset: 2, highWatermark: 10 + partition }) };

class Commits {
  readonly history = new History();
  private last = 0;

  commit(node: number, partition: number, offset: number, outcome: Outcome | 'open'): void {
    this.last += 1;
    this.history.record(this.last, node, { type: 'commit.invoked', commitId: this.last, groupId: 'g', mode: 'sync', offsets: [{ topic: 'gps', partition, offset }] });
    if (outcome !== 'open') this.history.record(this.last, node, { type: 'commit.completed', commitId: this.last, outcome, errorCode: outcome === 'ok' ? 'NONE' : 'REQUEST_TIMED_OUT' });
  }

  lags(): (number | null)[][] {
    return groupLags({ consumers: [consumer] }, this.history, ENDS).map(({ committed, lag }) => [committed, lag]);
  }
}

describe('where a group stands', () => {
  it('is at the commit that was answered last, whichever member made it, and at the start of the log before', () => {
    const commits = new Commits();
    expect(commits.lags()).toEqual([[null, 8], [null, 9]]);
    commits.commit(MEMBERS[0], 0, 4, 'ok');
    commits.commit(MEMBERS[1], 1, 7, 'ok');
    commits.commit(MEMBERS[1], 0, 6, 'ok');
    expect(commits.lags()).toEqual([[6, 4], [7, 4]]);
    commits.commit(MEMBERS[0], 0, 5, 'ok');
    expect(commits.lags()[0]).toEqual([5, 5]);
  });

  it('says nothing of commits that failed, or of which nobody knows', () => {
    const commits = new Commits();
    commits.commit(MEMBERS[0], 0, 4, 'ok');
    commits.commit(MEMBERS[0], 0, 8, 'unknown');
    commits.commit(MEMBERS[0], 0, 9, 'fail');
    commits.commit(MEMBERS[0], 0, 10, 'open');
    expect(commits.lags()[0]).toEqual([4, 6]);
  });

  it('is nothing without groups', () => {
    expect(groupLags({ consumers: [{ name: 'c', nodes: ['c'], topics: ['gps'], bootstrap: [], config: {} }] }, new History(), ENDS)).toEqual([]);
  });
});
