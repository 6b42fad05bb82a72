import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../kafka/config.ts';
import { US_PER_S } from '../kernel/time.ts';
import { livenessBoundMs, sendBoundMs } from './liveness-bound.ts';
import { progressAfterHeal } from './progress-after-heal.ts';
import { APP, OTHER_READER, READER, Stage, TOPIC, stagedConfig } from './staging.ts';

const QUIET_FROM_US = 100 * US_PER_S;
const BOUND_S = 20;
/** Late enough for everything that was done before the quiet began, sends included (180 s). */
const END_US = 400 * US_PER_S;

const LIVENESS = { liveness: { quietFromUs: QUIET_FROM_US, boundMs: BOUND_S * 1_000 } };

/** One partition, two records, written and read, long before the quiet begins. */
function settled(changes = {}): Stage {
  const stage = Stage.ready([progressAfterHeal], { ...LIVENESS, ...changes });
  stage.replicate(1, [2, 3], ['a', 'b']);
  stage.send({ value: 'a', offset: 0 });
  for (const reader of [READER, OTHER_READER]) {
    stage.reset(reader, 0);
    stage.poll(reader, 1, [0, 1]);
  }
  return stage;
}

function sentences(stage: Stage): string[] {
  stage.waitUntil(Math.max(stage.atUs, END_US));
  return stage.verdict().evidence.map(({ sentence }) => sentence);
}

describe('progress after heal', () => {
  it('holds when everything is done by the end', () => {
    const stage = settled();
    expect(sentences(stage)).toEqual([]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 4 });
  });

  it('is violated when a partition has no leader though a member of its ISR is up', () => {
    const stage = settled();
    stage.elect(-1, [2]);
    expect(sentences(stage)[0]).toBe('orders-0 has no leader: the controller committed none in leader epoch 1; of the ISR [broker-2] up: broker-2');
  });

  it('is violated when the committed leader does not act', () => {
    const stage = settled();
    stage.elect(2, [1, 2, 3]);
    expect(sentences(stage)[0]).toBe('orders-0 has no leader: broker-2, committed in leader epoch 1, does not act as leader; of the ISR [broker-1, broker-2, broker-3] up: broker-1, broker-2, broker-3');
  });

  it('asks nothing of a partition whose ISR is down, and says so', () => {
    const stage = settled();
    stage.changeIsr([1]);
    stage.goDown(1);
    expect(sentences(stage)).toEqual([]);
    expect(stage.verdict().note).toBe('not judged, since no member of the ISR is up: orders-0');
  });

  it('is violated when a live replica is not in the ISR, and not when that broker is down', () => {
    const stage = settled();
    stage.registerBroker(3, 40);
    stage.truncate(3, 1);
    stage.changeIsr([1, 2]);
    const fork = stage.fork();
    fork.goDown(3);
    expect(sentences(fork)).toEqual([]);
    expect(sentences(stage)).toEqual([
      "broker-3 is up (unfenced) and not in the ISR of orders-0: its log ends at 1, the leader's at 2; the ISR is [broker-1, broker-2]",
    ]);
  });

  it('is violated when the high watermark stays below what was appended a bound before', () => {
    const stage = settled();
    stage.append(1, ['c']);
    expect(sentences(stage)[0]).toMatch(/^the high watermark of orders-0 is 2 at its leader broker-1, which had appended up to 3 by 00:06:\d\d\.000000; the ISR is \[broker-1, broker-2, broker-3\]$/);
  });

  it('lets the high watermark stand while the ISR is below min.insync.replicas', () => {
    const stage = settled({ topics: [{ name: TOPIC, partitions: 1, minInsyncReplicas: 2, uncleanLeaderElectionEnable: false }] });
    stage.goDown(2);
    stage.goDown(3);
    stage.changeIsr([1]);
    stage.append(1, ['c']);
    expect(sentences(stage)).toEqual([]);
  });

  it('does not owe what was appended within the last bound', () => {
    const stage = settled();
    stage.waitUntil(END_US - 1 * US_PER_S);
    stage.append(1, ['c']);
    stage.send({ value: 'c' });
    expect(sentences(stage)).toEqual([]);
  });

  it('owes what was appended while it was quiet, up to a bound before the end', () => {
    const stage = settled();
    stage.waitUntil(END_US - (BOUND_S * 1.5 + 1) * US_PER_S);
    stage.append(1, ['c']);
    expect(sentences(stage)[0]).toContain('the high watermark of orders-0 is 2');
  });

  it('is violated when a send neither succeeds nor fails in time', () => {
    const stage = settled();
    stage.send({ value: 'c' });
    expect(sentences(stage)).toEqual(['app-1 sent "c" to orders at 00:00:00.026000 and has neither an acknowledgement nor an error']);
  });

  it('does not wait for sends of a process that died, or that still have time', () => {
    const stage = settled();
    stage.send({ value: 'c' });
    stage.start(APP, 2);
    stage.waitUntil(END_US - (sendBoundMs(defaultConfig('producer')) - 1) * 1_000);
    stage.send({ value: 'd' });
    expect(sentences(stage)).toEqual([]);
  });

  it('is violated when a consumer has not read to the high watermark, or has no position', () => {
    const stage = settled();
    stage.replicate(1, [2, 3], ['c']);
    stage.start(OTHER_READER, 2);
    expect(sentences(stage)).toEqual([
      expect.stringMatching(/^reader-1 is at offset 2 of orders-0, whose high watermark was 3 by 00:06:\d\d\.000000; broker-1 leads it$/),
      'reader-2 has no position in orders-0, whose high watermark is 3',
    ]);
  });

  it('asks nothing of a consumer that is down, or that gives up without a position', () => {
    const stage = settled({ consumers: stagedConfig().consumers.map((consumer) => ({ ...consumer, config: { ...consumer.config, autoOffsetReset: 'none' } })) });
    stage.replicate(1, [2, 3], ['c']);
    expect(sentences(stage)).toEqual([]);
  });

  it('is vacuous when the run has no quiet end, or ends too early', () => {
    const restless = settled({ liveness: null });
    expect(restless.verdict()).toMatchObject({ verdict: 'vacuous', note: 'the run has no quiet end' });
    const short = settled();
    short.elect(-1, [2]);
    short.waitUntil(QUIET_FROM_US + (BOUND_S - 1) * US_PER_S);
    expect(short.verdict()).toMatchObject({ verdict: 'vacuous', compared: 0, note: 'the run ended at 00:01:59.000000, before 00:02:00.000000, a bound of 20000 ms after the last fault' });
  });

  it('judges at the very bound', () => {
    const stage = settled();
    stage.append(1, ['c']);
    stage.waitUntil(QUIET_FROM_US + BOUND_S * US_PER_S);
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('counts the lag of a consumer below the high watermark', () => {
    const stage = settled();
    stage.replicate(1, [2, 3], ['c', 'd']);
    expect([stage.lag(READER), stage.lag(OTHER_READER)]).toEqual([2, 2]);
    stage.poll(READER, 1, [2]);
    expect(stage.lag(READER)).toBe(1);
  });
});

describe('the bound', () => {
  it('follows from the configured timeouts, the longest of each kind', () => {
    const broker = defaultConfig('broker');
    const producer = defaultConfig('producer');
    const consumer = defaultConfig('consumer');
    expect(livenessBoundMs({ brokers: [broker], producers: [], consumers: [] })).toBe(9_000 + 2 * 2_000 + 30_000 + 1_000 + 500);
    const whole = livenessBoundMs({ brokers: [broker], producers: [producer], consumers: [consumer] });
    expect(whole).toBe(44_500 + 2 * (30_000 + 1_000 + 1_000 + 500));
    const hasty = { ...consumer, requestTimeoutMs: 1_000 };
    expect(livenessBoundMs({ brokers: [broker], producers: [producer], consumers: [hasty] })).toBeLessThan(whole);
  });
});
