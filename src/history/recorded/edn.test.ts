import { describe, expect, it } from 'vitest';
import { ednLines } from './edn.ts';
import { parseHistory } from './ndjson.ts';

function ednOf(...operations: readonly object[]): readonly string[] {
  const parsed = parseHistory(['{"format":"harrow.history/1"}', ...operations.map((each, time) => JSON.stringify({ ...each, time }))].join('\n'));
  if ('mistakes' in parsed) throw new Error(JSON.stringify(parsed.mistakes));
  return [...ednLines(parsed.history)].map((line) => line.trimEnd());
}

describe('a history as EDN', () => {
  it('gives each send under way a process of its own, takes a free one again, and never one that ended in info', () => {
    const lines = ednOf(
      { type: 'invoke', process: 'app', f: 'send', id: 1, value: [['send', null, 'a']] },
      { type: 'invoke', process: 'app', f: 'send', id: 2, value: [['send', null, 'b']] },
      { type: 'ok', process: 'app', f: 'send', id: 1, value: [['send', 'orders-0', [7, 'a']]] },
      { type: 'info', process: 'app', f: 'send', id: 2, value: [['send', 'orders-0', 'b']] },
      { type: 'invoke', process: 'app', f: 'send', id: 3, value: [['send', null, 'c']] },
      { type: 'invoke', process: 'app', f: 'send', id: 4, value: [['send', null, 'd']] },
    );
    expect(lines).toEqual([
      '{:index 0, :type :invoke, :process 0, :f :send, :value [[:send "orders-0" "a"]], :time 0, :client "app"}',
      '{:index 1, :type :invoke, :process 1, :f :send, :value [[:send "orders-0" "b"]], :time 1, :client "app"}',
      '{:index 2, :type :ok, :process 0, :f :send, :value [[:send "orders-0" [7 "a"]]], :time 2, :client "app"}',
      '{:index 3, :type :info, :process 1, :f :send, :value [[:send "orders-0" "b"]], :time 3, :client "app"}',
      '{:index 4, :type :invoke, :process 0, :f :send, :value [[:send nil "c"]], :time 4, :client "app"}',
      '{:index 5, :type :invoke, :process 2, :f :send, :value [[:send nil "d"]], :time 5, :client "app"}',
    ]);
  });

  it('invokes what happened in one instant, and begins polls anew where a position moved', () => {
    const lines = ednOf(
      { type: 'ok', process: 'reader', f: 'poll', value: [['poll', { 'orders-0': [[0, 'a "quoted"'], [2, null]] }]] },
      { type: 'ok', process: 'reader', f: 'position', value: ['orders-0', 5], from: null, reason: 'seek' },
      { type: 'ok', process: 'reader', f: 'process', value: ['orders-0', 5, 'x'], isApplied: true },
      { type: 'ok', process: 'reader', f: 'subscribe', value: ['orders'] },
      { type: 'info', process: 'reader', f: 'crash' },
    );
    expect(lines.map((line) => line.replace(/, :time.*/, ''))).toEqual([
      '{:index 0, :type :invoke, :process 0, :f :poll, :value [[:poll]]',
      '{:index 1, :type :ok, :process 0, :f :poll, :value [[:poll {"orders-0" [[0 "a \\"quoted\\""] [2 nil]]}]]',
      '{:index 2, :type :invoke, :process 0, :f :assign, :value ["orders-0"]',
      '{:index 3, :type :ok, :process 0, :f :assign, :value ["orders-0"]',
      '{:index 4, :type :invoke, :process 0, :f :subscribe, :value ["orders"]',
      '{:index 5, :type :ok, :process 0, :f :subscribe, :value ["orders"]',
      '{:index 6, :type :invoke, :process 0, :f :crash, :value nil',
      '{:index 7, :type :info, :process 0, :f :crash, :value nil',
    ]);
  });
});
