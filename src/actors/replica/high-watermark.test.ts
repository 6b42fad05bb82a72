import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Effect } from '../../kernel/effects.ts';
import { maybeIncrementHighWatermark, wake } from './high-watermark.ts';
import { broker, BROKERS, effectsOf, logOf, NOW_MS, remote, sampleLeader, sampleSettings, told } from './sample.ts';
import { NEVER_CAUGHT_UP, type Leadership, type ReplicaState } from './state.ts';

const LOG = logOf([5, 10]);
const LAGGING_MS = 10_001;

function raised(state: ReplicaState): { state: ReplicaState; effects: Effect[] } {
  const effects: Effect[] = [];
  return { state: maybeIncrementHighWatermark(state, NOW_MS, effects), effects };
}

describe('the high watermark of a leader (Partition.maybeIncrementLeaderHW)', () => {
  it.each<{ rule: string; isr?: number[]; maximalIsr?: number[]; remotes: Leadership['remotes']; brokers?: typeof BROKERS; highWatermark: number }>([
    { rule: 'is the least end of the ISR', remotes: [remote(2, 7), remote(3, 8)], highWatermark: 7 },
    { rule: 'is the log end when everybody is there', remotes: [remote(2, 10), remote(3, 10)], highWatermark: 10 },
    { rule: 'is blocked by an ISR member that has not fetched from this leader yet', remotes: [remote(2, 10), remote(3, -1)], highWatermark: 3 },
    { rule: 'is blocked by an ISR member however far behind it is', remotes: [remote(2, 10), remote(3, 4, 60_000)], highWatermark: 4 },
    { rule: 'counts a newcomer as soon as it is proposed: either outcome must be safe (KIP-497)', isr: [1, 2], maximalIsr: [1, 2, 3], remotes: [remote(2, 10), remote(3, 5, LAGGING_MS)], highWatermark: 5 },
    { rule: 'waits for a replica outside the ISR that is caught up within the lag and may join', isr: [1, 2], remotes: [remote(2, 10), remote(3, 6)], highWatermark: 6 },
    { rule: 'passes a replica outside the ISR that lags', isr: [1, 2], remotes: [remote(2, 10), remote(3, 6, LAGGING_MS)], highWatermark: 10 },
    { rule: 'passes a replica outside the ISR that is fenced (KIP-841)', isr: [1, 2], remotes: [remote(2, 10), remote(3, 6)], brokers: [broker(1), broker(2), broker(3, { fenced: true })], highWatermark: 10 },
    { rule: 'passes a replica outside the ISR that is shutting down', isr: [1, 2], remotes: [remote(2, 10), remote(3, 6)], brokers: [broker(1), broker(2), broker(3, { inControlledShutdown: true })], highWatermark: 10 },
    { rule: 'passes a replica outside the ISR whose fetches are those of a former life (KIP-903)', isr: [1, 2], remotes: [remote(2, 10), remote(3, 6)], brokers: [broker(1), broker(2), broker(3, { epoch: 99 })], highWatermark: 10 },
    { rule: 'never falls', remotes: [remote(2, 1), remote(3, 2)], highWatermark: 3 },
    { rule: 'stands still while the ISR is below min.insync.replicas (KAFKA-15583)', isr: [1], remotes: [remote(2, 10, LAGGING_MS), remote(3, 10, LAGGING_MS)], highWatermark: 3 },
  ])('$rule', ({ isr = [1, 2, 3], maximalIsr = isr, remotes, brokers = BROKERS, highWatermark }) => {
    expect(raised(sampleLeader({ log: LOG, highWatermark: 3, brokers }, { isr, maximalIsr, remotes })).state.highWatermark).toBe(highWatermark);
  });

  it('passes a replica that has never been caught up, even when the clock has only begun to count', () => {
    const early = sampleLeader({ log: LOG }, { isr: [1, 2], remotes: [remote(2, 10), { ...remote(3, -1), lastCaughtUpTimeMs: NEVER_CAUGHT_UP }] });
    expect(maybeIncrementHighWatermark(early, 0, []).highWatermark).toBe(10);
  });

  it('that rises wakes consumers, completes appends in order and arms one checkpoint', () => {
    const awaitingReplication = [5, 8, 10].map((requiredOffset, position) => ({ ticket: { answerTo: 'apis', operationId: 1, position }, requiredOffset }));
    const watchers = [{ source: 40, isFollower: false }, { source: 2, isFollower: true }];
    const { state, effects } = raised(sampleLeader({ log: LOG, watchers }, { awaitingReplication, remotes: [remote(2, 9), remote(3, 8)] }));
    expect(told(effects, 'produce.replicated').map(({ ticket, errorCode }) => [ticket.position, errorCode])).toEqual([[0, 'NONE'], [1, 'NONE']]);
    expect(state.leadership?.awaitingReplication.map(({ requiredOffset }) => requiredOffset)).toEqual([10]);
    expect(told(effects, 'fetch.wakeUp').map(({ sources }) => sources)).toEqual([[40]]);
    expect(state.watchers).toEqual([{ source: 2, isFollower: true }]);
    expect(effectsOf(effects, 'schedule').map(({ key, delayMs }) => [key, delayMs])).toEqual([['checkpoint', 5_000]]);
    const further = state.with({ leadership: { ...state.leadership as Leadership, remotes: [remote(2, 10), remote(3, 10)] } });
    expect(effectsOf(raised(further).effects, 'schedule')).toEqual([]);
  });

  it('that stands still tells nobody anything', () => {
    const still = sampleLeader({ log: LOG, highWatermark: 10, watchers: [{ source: 40, isFollower: false }] });
    const { state, effects } = raised(still);
    expect([state === still, effects]).toEqual([true, []]);
  });

  it('answers NOT_ENOUGH_REPLICAS_AFTER_APPEND when the topic has come to ask for more than the ISR holds (checkEnoughReplicasReachOffset)', () => {
    const awaitingReplication = [{ ticket: { answerTo: 'apis', operationId: 1, position: 0 }, requiredOffset: 10 }];
    const shrunk = sampleLeader({ log: LOG, settings: sampleSettings({}, {}, 3) }, { isr: [1, 2, 3], maximalIsr: [1, 2], remotes: [remote(2, 10), remote(3, 10)], awaitingReplication });
    expect(told(raised(shrunk).effects, 'produce.replicated').map(({ errorCode }) => errorCode)).toEqual(['NOT_ENOUGH_REPLICAS_AFTER_APPEND']);
  });

  it('is never above what any member of the maximal ISR has, nor below what it was', () => {
    const remotes = fc.tuple(fc.integer({ min: -1, max: 10 }), fc.integer({ min: -1, max: 10 }), fc.nat(20_000), fc.nat(20_000));
    const isrs = fc.constantFrom<number[]>([1], [1, 2], [1, 3], [1, 2, 3]);
    fc.assert(
      fc.property(remotes, isrs, isrs, fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 3 }), ([a, b, agoA, agoB], isr, more, before, minIsr) => {
        const maximalIsr = [...new Set([...isr, ...more])];
        const leader = sampleLeader({ log: LOG, highWatermark: before, settings: sampleSettings({}, {}, minIsr) }, { isr, maximalIsr, remotes: [remote(2, a, agoA), remote(3, b, agoB)] });
        const { highWatermark } = raised(leader).state;
        expect(highWatermark).toBeGreaterThanOrEqual(before);
        if (highWatermark === before) return;
        expect(isr.length).toBeGreaterThanOrEqual(minIsr);
        for (const { brokerId, logEndOffset } of leader.leadership?.remotes ?? []) if (maximalIsr.includes(brokerId)) expect(highWatermark).toBeLessThanOrEqual(logEndOffset);
      }),
    );
  });
});

describe('waking', () => {
  it('tells nobody when nobody watches', () => {
    const effects: Effect[] = [];
    const watched = sampleLeader({ watchers: [{ source: 2, isFollower: true }] });
    expect(wake(watched, false, NOW_MS, effects)).toBe(watched);
    expect(effects).toEqual([]);
  });
});
