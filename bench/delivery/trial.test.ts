/** What counts as skipped and as repeated, on histories made by hand. */
import { describe, expect, it } from 'vitest';
import { parseHistory } from '../../src/history/recorded/ndjson.ts';
import { GROUP } from './scenarios.ts';
import { countOutcomes } from './trial.ts';

function counted(...operations: readonly object[]) {
  const lines = operations.map((each, time) => JSON.stringify({ type: 'ok', process: 'dashboard-1', time, ...each }));
  const parsed = parseHistory(['{"format":"harrow.history/1"}', ...lines].join('\n'));
  if ('mistakes' in parsed) throw new Error(JSON.stringify(parsed.mistakes));
  return countOutcomes(parsed.history);
}

const sent = (offset: number) => ({ process: 'shop', f: 'send', value: [['send', 'orders-0', [offset, `v${offset}`]]] });
const processed = (offset: number, isApplied = true) => ({ f: 'process', value: ['orders-0', offset, `v${offset}`], isApplied });
const committed = (offset: number, type = 'ok') => ({ f: 'commit', type, group: GROUP, value: { 'orders-0': offset } });

describe('what became of records', () => {
  it('is skipped when the group committed past it and nobody processed it', () => {
    expect(counted(sent(0), sent(1), sent(2), processed(0), committed(2))).toEqual({ records: 3, skipped: 1, repeated: 0 });
    expect(counted(sent(0), sent(1), processed(0), committed(1))).toMatchObject({ skipped: 0 });
    expect(counted(sent(0), committed(1, 'info'))).toMatchObject({ skipped: 0 });
    expect(counted(sent(0), { f: 'position', value: ['orders-0', 1], from: null, reason: 'committed' })).toMatchObject({ skipped: 1 });
  });

  it('is repeated when its effect happened twice, not when a sink knew it', () => {
    expect(counted(sent(0), processed(0), processed(0))).toMatchObject({ repeated: 1 });
    expect(counted(sent(0), processed(0), processed(0, false))).toMatchObject({ repeated: 0 });
  });
});
