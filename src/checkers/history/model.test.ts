/**
 * Histories of a log that does everything right are never flagged, however clients, retries, crashes and rebalances fall; and each
 * seeded mutation of such a history, one for every rule that can be broken, is.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientOperation, MicroOperation, Operation, RecordedHistory } from '../../history/recorded/operations.ts';
import { formatHistory, parseHistory } from '../../history/recorded/ndjson.ts';
import { checkHistory } from './rules.ts';
import { HistoryStage, KEY, OTHER, READER } from './staging.ts';

interface Step {
  readonly what: 'send' | 'overlap' | 'undecided' | 'refused' | 'poll' | 'commit' | 'rebalance' | 'restart';
  readonly amount: number;
  readonly isLucky: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('send' as const, 'send' as const, 'overlap' as const, 'undecided' as const, 'refused' as const, 'poll' as const, 'poll' as const, 'commit' as const, 'rebalance' as const, 'restart' as const),
  amount: fc.integer({ min: 1, max: 4 }), isLucky: fc.boolean(),
});

const PROMISES = ['unseen', 'gap-before-ack', 'unprocessed', 'compaction-read'];

/** A correct log of one partition with a group of two that processes before it commits; at the end a reader reads everything. */
function played(steps: readonly Step[], promises: readonly string[] = PROMISES): HistoryStage {
  const stage = new HistoryStage({ promises });
  const log: { readonly offset: number; readonly value: string; readonly recordKey: string }[] = [];
  let end = 0;
  let generation = 1;
  let owner: string = READER;
  let life = 1;
  let sends = 0;
  let position = 0;
  let committed: number | undefined;
  stage.rebalance(generation, [KEY], owner).position(0, 'initial', { process: owner });
  const append = (value: string, skip: number, recordKey: string): number => {
    const offset = end + skip;
    log.push({ offset, value, recordKey });
    end = offset + 1;
    return offset;
  };
  const fresh = (): string => `v${(sends += 1)}`;
  for (const { what, amount, isLucky } of steps) {
    const value = fresh();
    const recordKey = `k${amount}`;
    if (what === 'send') stage.send(value, append(value, isLucky ? 1 : 0, recordKey), { recordKey });
    else if (what === 'overlap') {
      const other = fresh();
      const [first, second] = [stage.sendLater(value, { recordKey }), stage.sendLater(other, { recordKey })];
      const offsets = [append(value, 0, recordKey), append(other, 0, recordKey)] as const;
      if (isLucky) second(offsets[1]);
      first(offsets[0]);
      if (!isLucky) second(offsets[1]);
    } else if (what === 'undecided') {
      const answer = stage.sendLater(value, { recordKey });
      if (isLucky) append(value, 0, recordKey);
      answer(null, 'info');
    } else if (what === 'refused') stage.send(value, null, { outcome: 'fail', key: null, recordKey });
    else if (what === 'poll') {
      const records = log.filter(({ offset }) => offset >= position).slice(0, amount);
      stage.poll(records, { process: owner, incarnation: owner === READER ? life : 1 });
      for (const record of records) stage.process(record.offset, record.value, { process: owner, incarnation: owner === READER ? life : 1 });
      position = (records.at(-1)?.offset ?? position - 1) + 1;
    } else if (what === 'commit' && owner === OTHER) {
      stage.commit(position, { process: owner });
      committed = position;
    } else if (what === 'rebalance' || what === 'restart') {
      generation += 1;
      if (what === 'restart') life += 1;
      stage.rebalance(generation, [], owner, 'revoked', owner === READER ? life : 1);
      owner = owner === READER ? OTHER : READER;
      const incarnation = owner === READER ? life : 1;
      stage.rebalance(generation, [KEY], owner, 'assigned', incarnation);
      position = committed ?? 0;
      stage.position(position, committed === undefined ? 'initial' : 'committed', { process: owner, incarnation });
    }
  }
  return stage.position(0, 'seek', { process: 'final' }).poll(log, { process: 'final' });
}

type Mutation = (operations: readonly Operation[]) => readonly Operation[];

const polls = (operations: readonly Operation[], process: string): ClientOperation[] => operations.filter((each): each is ClientOperation => each.f === 'poll' && each.process === process);

/** The final poll, with its records changed. */
function reread(change: (records: { readonly offset: number; readonly value: string | number | null }[]) => readonly { readonly offset: number; readonly value: string | number | null }[]): Mutation {
  return (operations) => operations.map((operation) => {
    if (operation.f !== 'poll' || operation.process !== 'final') return operation;
    const [micro] = operation.value;
    if (micro?.kind !== 'poll') return operation;
    return { ...operation, value: [{ kind: 'poll', reads: micro.reads.map(({ key, records }) => ({ key, records: change([...records]) })) }] };
  });
}

const SENDS: readonly Step[] = [1, 2, 3].map((amount) => ({ what: 'send', amount, isLucky: false }));
const READS: Step = { what: 'poll', amount: 4, isLucky: false };

function acksIn(operations: readonly Operation[]): readonly ClientOperation[] {
  return operations.filter((each): each is ClientOperation => each.f === 'send' && each.type === 'ok');
}

/** Nobody read or processed the record of this acknowledgement. */
function withoutRecord(operations: readonly Operation[], acknowledgement: ClientOperation | undefined): readonly Operation[] {
  const lost = acknowledgement?.value[0];
  const isLost = (value: unknown): boolean => lost?.kind === 'send' && lost.value === value;
  const kept = (micro: MicroOperation): MicroOperation =>
    micro.kind === 'send' ? micro : { kind: 'poll', reads: micro.reads.map(({ key, records }) => ({ key, records: records.filter(({ value }) => !isLost(value)) })) };
  return operations.filter((each) => each.f !== 'process' || !isLost(each.value[2])).map((each) => (each.f === 'poll' ? { ...each, value: each.value.map(kept) } : each));
}

const MUTATIONS: readonly (readonly [string, readonly string[], Mutation])[] = [
  ['another record at an offset', ['inconsistent-offsets', 'ack-read-disagreement'], reread((records) => records.map((each, i) => (i === 0 ? { ...each, value: 'alien' } : each)))],
  ['a second copy of a record', ['duplicate'], reread((records) => [...records, { offset: (records.at(-1)?.offset ?? 0) + 1, value: records[0]?.value ?? null }])],
  ['a poll out of order', ['int-nonmonotonic-poll'], reread((records) => records.toReversed())],
  ['a poll that leaves something out', ['int-poll-skip'], reread((records) => records.filter((_, i) => i !== 1))],
  ['a poll from the start once more', ['nonmonotonic-poll'], (operations) => [...operations, ...polls(operations, 'final').slice(-1).map((poll) => ({ ...poll, index: poll.index + 1 }))]],
  ['an end that was never read', ['unseen'], reread((records) => records.slice(0, -1))],
  ['an acknowledged record that went missing', ['lost-write', 'unseen'], (operations) => withoutRecord(operations, acksIn(operations)[0])],
  ['a record that was neither answered nor kept', ['gap-before-ack'], (operations) => withoutRecord(operations, acksIn(operations)[0]).filter((each) => each !== acksIn(operations)[0])],
  ['the last value of a key that went missing', ['compaction-read'], (operations) => withoutRecord(operations, acksIn(operations).at(-2))],
  ['a send told to have failed', ['G1a'], (operations) => operations.map((each) => (each.f === 'send' && each.type === 'ok' ? { ...each, type: 'fail' as const } : each))],
  ['acknowledgements that change places', ['nonmonotonic-send', 'offset-regress'], (operations) => {
    const acks = acksIn(operations);
    const [first, last] = [acks[0]?.value[0], acks.at(-1)?.value[0]];
    if (first?.kind !== 'send' || last?.kind !== 'send') return operations;
    return operations.map((each) => (each === acks[0] ? { ...acks[0], value: [{ ...first, offset: last.offset }] } : each === acks.at(-1) ? { ...acks.at(-1) as ClientOperation, value: [{ ...last, offset: first.offset }] } : each))
      // Nobody read anything: offsets are known from acknowledgements alone.
      .filter(({ f }) => f !== 'poll');
  }],
  ['a second owner', ['shared-ownership'], (operations) => {
    const first = operations.find((each) => each.f === 'rebalance');
    return first?.f === 'rebalance' ? [...operations, { ...first, process: 'thief', index: operations.length }] : operations;
  }],
  ['a commit forgotten', ['committed-offset-lost'], (operations) => operations.map((each) => (each.f === 'position' && each.reason === 'committed' ? { ...each, value: [each.value[0], 0] as const } : each))],
  ['an effect forgotten', ['unprocessed'], (operations) => operations.filter((each) => each.f !== 'process')],
];

function checked(history: RecordedHistory): ReturnType<typeof checkHistory> {
  const parsed = parseHistory(formatHistory(history));
  if ('mistakes' in parsed) throw new Error(JSON.stringify(parsed.mistakes));
  return checkHistory(parsed.history);
}

describe('histories of a log that does everything right', () => {
  it('are never flagged', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { verdicts } = checked(played(steps).history);
      expect(verdicts.flatMap(({ property, evidence }) => evidence.map(({ sentence }) => `${property}: ${sentence}`))).toEqual([]);
    }), { numRuns: 300 });
  });

  it.each(MUTATIONS)('are flagged after one change: %s', (_what, anomalies, mutate) => {
    // Begun and ended so that every rule has something to look at: a group that moved on after a commit, and three records.
    const moved: readonly Step[] = [...SENDS, { what: 'rebalance', amount: 1, isLucky: false }, READS, { what: 'commit', amount: 1, isLucky: false }, { what: 'rebalance', amount: 1, isLucky: false }];
    fc.assert(fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
      const { header, operations } = played([...moved, ...steps, ...SENDS]).history;
      const found = new Set(checkHistory({ header, operations: mutate(operations) }).verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property));
      expect(anomalies.filter((anomaly) => !found.has(anomaly))).toEqual([]);
    }), { numRuns: 60 });
  });
});
