import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProducerStates, replayed, type ProducerCheck } from './producer-state.ts';
import { batchOf, withOffsets, type RecordBatch } from './records.ts';
import { KAFKA_RULES, type Rules } from './rules.ts';

const PID = 40;

function batch(baseSequence: number, count = 1, producerEpoch = 0, producerId = PID): RecordBatch {
  return batchOf(Array.from({ length: count }, (_, i) => ({ key: null, value: `${baseSequence + i}`, timestampMs: 0 })), { producerId, producerEpoch, baseSequence });
}

/** The states after these batches, each appended at the end. */
function statesOf(...batches: readonly RecordBatch[]): ProducerStates {
  let offset = 0;
  return replayed(ProducerStates.empty(), batches.map((each) => {
    const placed = withOffsets(each, offset, 0);
    offset = placed.nextOffset;
    return placed;
  }));
}

function check(states: ProducerStates, each: RecordBatch, rules: Partial<Rules> = {}, logEndOffset = 100): string {
  const checked: ProducerCheck = states.check(each, logEndOffset, { ...KAFKA_RULES, ...rules });
  if (checked.verdict === 'duplicate') return `duplicate of ${checked.batch.firstOffset}`;
  return checked.verdict === 'refused' ? checked.errorCode : checked.verdict;
}

describe('a leader that gets a batch of a producer it knows', () => {
  const known = statesOf(batch(0, 2), batch(2), batch(3, 3));

  it('appends what follows on the last sequence and refuses a gap', () => {
    expect(check(known, batch(6))).toBe('append');
    expect(check(known, batch(7))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(check(known, batch(5))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  });

  it('recognises each of the last five batches by its whole range of sequences, and none before', () => {
    expect(check(known, batch(0, 2))).toBe('duplicate of 0');
    expect(check(known, batch(3, 3))).toBe('duplicate of 3');
    expect(check(known, batch(3, 2))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    const many = statesOf(...Array.from({ length: 6 }, (_, i) => batch(i)));
    expect(Array.from({ length: 6 }, (_, i) => check(many, batch(i)))).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'duplicate of 1', 'duplicate of 2', 'duplicate of 3', 'duplicate of 4', 'duplicate of 5']);
  });

  it('knows only the last one before KAFKA-5494', () => {
    expect(check(known, batch(3, 3), { retainsFiveBatches: false })).toBe('duplicate of 3');
    expect(check(known, batch(2), { retainsFiveBatches: false })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  });

  it('fences an older epoch, and begins a newer one at 0', () => {
    const bumped = statesOf(batch(0, 1, 3));
    expect(check(bumped, batch(1, 1, 2))).toBe('INVALID_PRODUCER_EPOCH');
    expect(check(bumped, batch(1, 1, 4))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(check(bumped, batch(0, 1, 4))).toBe('append');
  });

  it('goes on at 0 after the largest sequence', () => {
    expect(check(statesOf(batch(0x7fff_ffff)), batch(0))).toBe('append');
  });
});

describe('a leader that gets a batch of a producer it does not know', () => {
  it.each([
    ['in 4.5', {}, 'append', 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
    ['before 4.5 (KAFKA-15591)', { firstSequenceOfEmptyLogIsZero: false }, 'append', 'append'],
    ['before 2.5 (KIP-360)', { producerStateOutlivesRecords: false }, 'UNKNOWN_PRODUCER_ID', 'UNKNOWN_PRODUCER_ID'],
  ] as const)('takes its first sequence %s', (_, rules, ofLog, ofEmptyLog) => {
    const nobody = ProducerStates.empty();
    expect([check(nobody, batch(5), rules), check(nobody, batch(5), rules, 0)]).toEqual([ofLog, ofEmptyLog]);
    expect([check(nobody, batch(0), rules), check(nobody, batch(0), rules, 0)]).toEqual(['append', 'append']);
  });

  it('asks nothing of a batch without a producer id, and remembers nothing of it', () => {
    const plain = batchOf([{ key: null, value: 'v', timestampMs: 0 }]);
    expect(check(ProducerStates.empty(), plain)).toBe('append');
    expect(ProducerStates.empty().append(withOffsets(plain, 0, 0))).toBe(ProducerStates.empty());
  });
});

describe('what is remembered', () => {
  it('is dropped when a producer has sent nothing for the expiration time, and then only', () => {
    const states = replayed(ProducerStates.empty(), [1_000, 5_000].map((timestampMs, i) =>
      withOffsets(batchOf([{ key: null, value: 'v', timestampMs }], { producerId: i, producerEpoch: 0, baseSequence: 0 }), i, 0)));
    expect(states.withoutExpired(10_999, 10_000)).toBe(states);
    expect(states.withoutExpired(11_000, 10_000).entries.map(({ producerId }) => producerId)).toEqual([1]);
    expect(states.withoutExpired(20_000, 10_000)).toBe(ProducerStates.empty());
  });

  it('is as retries need it: whatever a client with five in flight repeats, each batch is in the log once and in order', () => {
    const client = fc.record({ sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 30 }), picks: fc.array(fc.nat(), { minLength: 1, maxLength: 200 }) });
    fc.assert(fc.property(client, ({ sizes, picks }) => {
      const batches: RecordBatch[] = [];
      let next = 0;
      for (const size of sizes) {
        batches.push(batch(next, size));
        next += size;
      }
      let states = ProducerStates.empty();
      let offset = 0;
      const log: number[] = [];
      let acknowledged = 0;
      // Any of the five oldest that are not acknowledged arrives, again or for the first time; the oldest that stands is acknowledged.
      for (const pick of picks) {
        const inFlight = batches.slice(acknowledged, acknowledged + 5);
        const arrived = inFlight[pick % Math.max(1, inFlight.length)];
        if (arrived === undefined) break;
        const checked = states.check(arrived, offset, KAFKA_RULES);
        if (checked.verdict === 'append') {
          const placed = withOffsets(arrived, offset, 0);
          offset = placed.nextOffset;
          states = states.append(placed);
          log.push(arrived.baseSequence);
        }
        while (acknowledged < batches.length && log.includes((batches[acknowledged] as RecordBatch).baseSequence) && pick % 3 === 0) acknowledged += 1;
      }
      expect(log).toEqual(batches.slice(0, log.length).map(({ baseSequence }) => baseSequence));
    }));
  });
});
