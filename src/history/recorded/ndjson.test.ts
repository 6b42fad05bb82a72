import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History } from '../history.ts';
import type { ClientObservation } from '../observations.ts';
import { historyLineSchema } from './format.ts';
import { formatHistory, parseHistory } from './ndjson.ts';
import { historyOf, recordedHistory } from './of-run.ts';
import type { RecordedHistory } from './operations.ts';

const HEADER = '{"format":"harrow.history/1"}';
const NODES = ['admin', 'broker-1', 'app-1', 'app-2', 'reader-1'];

function parsed(text: string): RecordedHistory {
  const result = parseHistory(text);
  if ('mistakes' in result) throw new Error(JSON.stringify(result.mistakes));
  return result.history;
}

/** `line: path: message` of every mistake. */
function mistakesIn(...lines: readonly string[]): readonly string[] {
  const result = parseHistory([HEADER, ...lines].join('\n'), ['duplicate', 'lost-write']);
  return 'mistakes' in result ? result.mistakes.map(({ line, path, message }) => `${line}: ${path}: ${message}`) : [];
}

const word = fc.string({ maxLength: 8, unit: 'grapheme' });
const partition = fc.nat(11);
const topic = fc.constantFrom('orders', 'payments-7', 'a.b_c');
const offset = fc.nat(1_000_000);
const outcome = fc.constantFrom('ok' as const, 'fail' as const, 'unknown' as const);
const place = fc.record({ topic, partition });
const owned = fc.uniqueArray(topic, { maxLength: 3 }).chain((topics) => fc.tuple(...topics.map((each) => fc.record({ topic: fc.constant(each), partitions: fc.array(partition, { minLength: 1, maxLength: 3 }) }))));

/** What may be seen at one instant; sends, commits and operations are completed by `play`. */
const observation: fc.Arbitrary<ClientObservation> = fc.oneof(
  fc.record({ type: fc.constant('send.invoked' as const), sendId: fc.constant(0), topic, key: fc.option(word), value: word, acks: fc.constantFrom(-1 as const, 0 as const, 1 as const) }),
  fc.record({ type: fc.constant('producer.epoch' as const), producerId: fc.nat(9_000), producerEpoch: fc.nat(9) }),
  place.chain(({ topic: t, partition: p }) => fc.record({ type: fc.constant('poll' as const), topic: fc.constant(t), partition: fc.constant(p), from: fc.nat(5), isFromFormerLeader: fc.constant(true as const), records: fc.array(fc.record({ offset, leaderEpoch: fc.integer({ min: -1, max: 9 }), key: fc.option(word), value: word }), { maxLength: 3 }) }, { requiredKeys: ['type', 'topic', 'partition', 'from', 'records'] })),
  fc.record({ type: fc.constant('position.reset' as const), topic, partition, from: fc.option(offset), to: offset, reason: fc.constantFrom('initial' as const, 'committed' as const, 'seek' as const, 'outOfRange' as const, 'truncation' as const), leaderEpoch: fc.integer({ min: -1, max: 9 }) }, { requiredKeys: ['type', 'topic', 'partition', 'from', 'to', 'reason'] }),
  fc.record({ type: fc.constant('assignment' as const), groupId: word.filter((each) => each !== ''), memberId: word, generationId: fc.integer({ min: -1, max: 9 }), reason: fc.constantFrom('assigned' as const, 'revoked' as const, 'lost' as const), owned }),
  fc.record({ type: fc.constant('commit.invoked' as const), commitId: fc.constant(0), groupId: fc.constant('g'), mode: fc.constantFrom('sync' as const, 'async' as const, 'auto' as const), offsets: fc.uniqueArray(fc.record({ topic, partition, offset }), { maxLength: 3, selector: (each) => `${each.topic}-${each.partition}` }) }),
  fc.record({ type: fc.constant('record.processed' as const), topic, partition, offset, value: word, isApplied: fc.boolean() }),
  fc.record({ type: fc.constant('consumer.failed' as const), errorCode: fc.constant('NONE' as const), exception: word }),
  fc.record({ type: fc.constant('admin.invoked' as const), operationId: fc.constant(0), call: fc.constant({ type: 'DeleteTopicsRequest' as const, topicNames: ['orders'] }) }),
);
const step = fc.record({ node: fc.integer({ min: 2, max: 4 }), observation, outcome, completes: fc.boolean(), partition: fc.integer({ min: -1, max: 5 }), mayBeTwice: fc.boolean(), restarts: fc.boolean() });

function play(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): History {
  const history = new History();
  steps.forEach(({ node, observation: seen, outcome: how, completes, partition: at, mayBeTwice, restarts }, i) => {
    if (restarts) history.processStarted(node, history.incarnationOf(node) + 1);
    const id = { 'send.invoked': 'sendId', 'commit.invoked': 'commitId', 'admin.invoked': 'operationId' }[seen.type as string];
    history.record(i * 10, node, (id === undefined ? seen : { ...seen, [id]: i + 1 }) as ClientObservation);
    if (!completes) return;
    const errorCode = how === 'ok' ? 'NONE' : 'REQUEST_TIMED_OUT';
    if (seen.type === 'send.invoked') history.record(i * 10 + 5, node, { type: 'send.completed', sendId: i + 1, outcome: how, partition: at, offset: at < 0 ? -1 : i, errorCode, ...(mayBeTwice ? { mayBeTwice: true } : {}) });
    if (seen.type === 'commit.invoked') history.record(i * 10 + 5, node, { type: 'commit.completed', commitId: i + 1, outcome: how, errorCode });
    if (seen.type === 'admin.invoked') history.record(i * 10 + 5, node, { type: 'admin.completed', operationId: i + 1, outcome: how, errorCode, errorMessage: how === 'ok' ? null : 'too late', results: [{ name: 'orders', partition: -1, errorCode, errorMessage: null }] });
  });
  return history;
}

describe('a history as text', () => {
  it('of a run loses nothing: what comes back is the same, observation by observation, and so is its text', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const history = play(steps);
      const text = formatHistory(recordedHistory(history, NODES, { source: 'a test' }));
      const back = parsed(text);
      expect([...historyOf(back).entries()]).toEqual([...history.entries()]);
      expect(formatHistory(back)).toBe(text);
    }), { numRuns: 200 });
  });

  it('reads Jepsen’s micro-operations, transactions among them, and fills in what is left out', () => {
    const { operations } = parsed([HEADER, '', '{"type":"invoke","process":0,"f":"txn","time":5,"value":[["send",3,17],["poll"]]}',
      '{"type":"ok","process":0,"f":"txn","time":9,"value":[["send",3,[12,17]],["poll",{"3":[[10,16],[12,17]]}]],"meta":{"node":"n1"}}'].join('\r\n'));
    expect(operations).toEqual([
      { index: 0, type: 'invoke', process: '0', incarnation: 1, f: 'txn', timeNs: 5, value: [{ kind: 'send', key: '3', value: 17, offset: null }, { kind: 'poll', reads: [] }] },
      {
        index: 1, type: 'ok', process: '0', incarnation: 1, f: 'txn', timeNs: 9,
        value: [{ kind: 'send', key: '3', value: 17, offset: 12 }, { kind: 'poll', reads: [{ key: '3', records: [{ offset: 10, value: 16 }, { offset: 12, value: 17 }] }] }],
      },
    ]);
  });

  it.each([
    ['{"type":"ok","process":"a","f":"pol","time":1,"value":[]}', '2: f: no operation "pol"; expected one of send, poll, txn, producer-epoch, assign, subscribe, rebalance, position, commit, committed, list-offsets, process, crash, error, admin, nemesis; did you mean "poll"?'],
    ['{"type":"inwoke","process":"a","f":"crash","time":1}', '2: type: got "inwoke"; expected "invoke", "ok", "fail", "info"; did you mean "invoke"?'],
    ['{"type":"ok","process":"a","f":"crash","time":1,"procces":2}', '2: procces: no such field in an operation crash; expected index, type, process, incarnation, time, meta, f; did you mean "process"?'],
    ['{"type":"ok","process":"a","f":"poll","time":1,"value":[["poll",{"k":[[1]]}]]}', '2: value[0][1].k[0]: got [1]; expected [offset, value] or [offset, value, recordKey, leaderEpoch]'],
    ['{"type":"ok","process":"a","f":"send","time":1,"value":[["snd","k",1]]}', '2: value[0]: got ["snd","k",1]; expected a micro-operation, ["send", key, value] or ["poll", {key: [[offset, value], …]}]'],
    ['{"type":"ok","process":"a","f":"send","time":1,"value":[["send","k",[-1,1]]]}', '2: value[0][2][0]: got -1; expected a whole number'],
    ['{"type":"ok","process":"a","f":"commit","time":1,"value":{"k":"5"}}', '2: value.k: got "5"; expected a whole number'],
    ['{"type":"ok","process":"a","f":"position","time":1,"value":["k"],"from":null,"reason":"seek"}', '2: value: got ["k"]; expected [topic-partition, offset]'],
    ['{"type":"ok","process":"a","f":"producer-epoch","time":1,"value":[7]}', '2: value: got [7]; expected [producerId, producerEpoch]'],
    ['{"type":"ok","process":"a","f":"process","time":1,"value":["k",1,{}],"isApplied":true}', '2: value[2]: got {}; expected text, a number or null'],
    ['{"type":"ok","process":[],"f":"crash","time":1}', '2: process: got []; expected the name or number of a process'],
    ['nonsense', '2: : not JSON; expected one JSON object a line'],
    ['[1]', '2: : got [1]; expected an operation'],
    ['{"type":"ok","process":"a","f":"send","id":3,"time":1,"value":[]}', '2: id: a completes send 3, which is not under way; expected the id of an invocation'],
  ])('%s is a mistake with its line, path and nearest name', (line, mistake) => {
    expect(mistakesIn(line)).toEqual([mistake]);
  });

  it('holds operations to their order: indexes rise, times never fall, ids are under way once', () => {
    const crash = (index: number, time: number): string => JSON.stringify({ index, type: 'info', process: 'a', f: 'crash', time });
    expect(mistakesIn(crash(4, 10), crash(4, 10), crash(5, 9))).toEqual(['3: index: 4 after 4; expected indexes that rise', '4: time: 9 after 10; expected times that never fall']);
    const begin = (time: number): string => JSON.stringify({ type: 'invoke', process: 'a', f: 'commit', id: 1, time, value: {} });
    expect(mistakesIn(begin(1), begin(2))).toEqual(['3: id: commit 1 of a is under way already; expected an id of its own']);
  });

  it('says all mistakes of a line and all lines with mistakes', () => {
    expect(mistakesIn('{"type":"o","process":"a","f":"crash","time":-1}', '{}')).toHaveLength(3);
  });

  it('refuses a file without a header, with another format, or with an anomaly that nobody knows', () => {
    expect(parseHistory('')).toEqual({ mistakes: [{ line: 1, path: '', message: 'the file is empty; expected a header, {"format": "harrow.history/1"}' }] });
    expect(parseHistory('{"type":"ok"}')).toEqual({ mistakes: [{ line: 1, path: '', message: 'no header; expected the first line to be {"format": "harrow.history/1"}' }] });
    expect(parseHistory('{"format":"harrow.history/2"}')).toMatchObject({ mistakes: [{ path: 'format', message: expect.stringContaining('did you mean "harrow.history/1"?') as string }] });
    expect(parseHistory('{"format":"harrow.history/1","promises":["lost-writes"]}', ['duplicate', 'lost-write'])).toEqual({
      mistakes: [{ line: 1, path: 'promises[0]', message: 'no anomaly "lost-writes"; expected one of duplicate, lost-write; did you mean "lost-write"?' }],
    });
  });

  it('has a JSON Schema with every field of every operation', () => {
    const { anyOf } = historyLineSchema() as { readonly anyOf: readonly { readonly properties: Record<string, { description?: string; const?: string }>; readonly required: readonly string[] }[] };
    expect(anyOf).toHaveLength(17);
    const rebalance = anyOf.find(({ properties }) => properties['f']?.const === 'rebalance');
    expect(Object.keys(rebalance?.properties ?? {})).toEqual(['index', 'type', 'process', 'incarnation', 'time', 'meta', 'f', 'value', 'group', 'member', 'generation', 'reason']);
    expect(rebalance?.required).toEqual(['type', 'process', 'time', 'f', 'value', 'group', 'member', 'generation', 'reason']);
  });
});
