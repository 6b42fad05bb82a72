/**
 * Logs are rolled, deleted and compacted while brokers crash and lose power, each replica's by itself. Afterwards the
 * replicas agree on every offset that both still hold; what acks=all acknowledged is there, or below the log start, or was
 * superseded by a later record of its key; and no log starts above the high watermark, which the replica invariants hold
 * after every step.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeleteRecordsResponse, ProduceResponse } from '../../src/kafka/api.ts';
import type { PartitionLog } from '../../src/kafka/log.ts';
import { batchOf, offsetOfRecord, type Record } from '../../src/kafka/records.ts';
import { US_PER_MS } from '../../src/kernel/time.ts';
import { present, unreachable } from '../../src/kernel/assert.ts';
import { logFile } from '../../src/actors/replica/state.ts';
import { BrokerCluster, TOPIC } from '../support/broker-cluster.ts';
import { freshSeed } from '../support/seed.ts';

type Step =
  | { readonly kind: 'produce'; readonly key: string; readonly isTombstone: boolean }
  | { readonly kind: 'deleteRecords'; readonly share: number }
  | { readonly kind: 'crash' | 'powerLoss'; readonly broker: number; readonly forMs: number }
  | { readonly kind: 'wait'; readonly forMs: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('produce' as const), key: fc.constantFrom('a', 'b', 'c'), isTombstone: fc.integer({ min: 0, max: 5 }).map((n) => n === 0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteRecords' as const), share: fc.integer({ min: 0, max: 100 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'powerLoss' as const), broker: fc.integer({ min: 1, max: 3 }), forMs: fc.integer({ min: 1, max: 15_000 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), forMs: fc.integer({ min: 100, max: 8_000 }) }) },
);
const steps = fc.array(step, { minLength: 30, maxLength: 80, size: 'max' });
const LIMITS = { numRuns: 25, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true };
const RECOVERY_MS = 240_000;

interface Sent {
  readonly correlationId: number;
  readonly record: Record;
}

/** Carries out the steps, heals, and waits until all replicas are in sync again; what was sent. */
function play(cluster: BrokerCluster, all: readonly Step[]): readonly Sent[] {
  const { world } = cluster;
  const sent: Sent[] = [];
  const restarts: { readonly atUs: number; readonly broker: number }[] = [];
  const advance = (toUs: number): void => {
    for (const { atUs, broker } of restarts.splice(0).toSorted((x, y) => x.atUs - y.atUs)) {
      if (atUs > toUs) restarts.push({ atUs, broker });
      else {
        world.runUntil(Math.max(world.nowUs, atUs));
        world.start(broker);
      }
    }
    world.runUntil(toUs);
  };
  all.forEach((each, i) => {
    advance(world.nowUs + 50 * US_PER_MS);
    const leader = Math.max(1, cluster.leader());
    switch (each.kind) {
      case 'produce': {
        const record: Record = { key: each.key, value: each.isTombstone ? null : `v${i}`, timestampMs: Math.round(cluster.nowMs) };
        const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records: batchOf([record]) }] }];
        sent.push({ record, correlationId: cluster.send(leader, { type: 'ProduceRequest', acks: -1, timeoutMs: 10_000, topicData } as never) });
        return;
      }
      case 'deleteRecords': {
        const offset = Math.floor(((cluster.replica(leader)?.highWatermark ?? 0) * each.share) / 100);
        cluster.send(leader, { type: 'DeleteRecordsRequest', timeoutMs: 10_000, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset }] }] } as never);
        return;
      }
      case 'crash':
      case 'powerLoss':
        // One at a time, and only while the others hold all that is committed: what is lost beyond that, Kafka may lose.
        if (restarts.length > 0 || !world.isUp(each.broker) || (cluster.committed()?.isr.length ?? 0) < 3) return;
        if (each.kind === 'crash') world.crash(each.broker, 'test');
        else world.powerLoss(each.broker);
        restarts.push({ atUs: world.nowUs + each.forMs * US_PER_MS, broker: each.broker });
        return;
      case 'wait':
        advance(world.nowUs + each.forMs * US_PER_MS);
        return;
      default:
        unreachable(each, 'step');
    }
  });
  cluster.heal();
  cluster.run(40_000);
  cluster.until('the cluster recovers', RECOVERY_MS, () => cluster.isSettled());
  return sent;
}

function recordsOf(log: PartitionLog): ReadonlyMap<number, Record> {
  const all = [...log.batches()].flatMap((batch) => batch.records.map((record, i) => [offsetOfRecord(batch, i), record] as const));
  return new Map(all.filter(([offset]) => offset >= log.logStartOffset));
}

const same = (a: Record | undefined, b: Record): boolean => a?.key === b.key && a.value === b.value;

/** Holds the cluster's logs against each other and against what was acknowledged. */
function judge(cluster: BrokerCluster, sent: readonly Sent[]): void {
  const logs = cluster.brokerIds.map((id) => present(cluster.replica(id), 'replica').log);
  for (const log of logs) for (const other of logs) {
    const [mine, theirs] = [recordsOf(log), recordsOf(other)];
    for (const [offset, record] of mine) {
      if (offset < other.logStartOffset || (offset < other.cleanedEndOffset && !theirs.has(offset))) continue;
      expect(same(theirs.get(offset), record), `offset ${offset}`).toBe(true);
    }
  }
  const log = present(cluster.replica(cluster.leader()), 'leader').log;
  const held = recordsOf(log);
  const answers = cluster.clientState().answers;
  const resultOf = ({ correlationId }: Sent) => (answers.find((each) => each.correlationId === correlationId) as ProduceResponse | undefined)?.responses[0]?.partitionResponses[0];
  for (const [i, each] of sent.entries()) {
    const { record } = each;
    const result = resultOf(each);
    if (result?.errorCode !== 'NONE' || result.baseOffset < log.logStartOffset) continue;
    const isSuperseded = result.baseOffset < log.cleanedEndOffset && (record.value === null || [...held].some(([offset, { key }]) => offset > result.baseOffset && key === record.key));
    // By a tombstone that came behind it, or of which nobody knows where it stood: it is gone itself by now.
    const isTombstoneBehind = (later: Sent): boolean => {
      const place = resultOf(later);
      return later.record.key === record.key && later.record.value === null && (place?.errorCode !== 'NONE' || place.baseOffset > result.baseOffset);
    };
    const isDeletedLater = result.baseOffset < log.cleanedEndOffset && sent.slice(i + 1).some(isTombstoneBehind);
    expect(same(held.get(result.baseOffset), record) || isSuperseded || isDeletedLater, `offset ${result.baseOffset}: ${JSON.stringify(record)}`).toBe(true);
  }
}

/** Plays schedules under `topicConfig` and judges each; how often every mark was reached. */
function reachedUnder(topicConfig: Readonly<{ [name: string]: unknown }>): ReadonlyMap<string, number> {
  const reached = new Map<string, number>();
  fc.assert(
    fc.property(fc.nat(), steps, (seed, all) => {
      const cluster = new BrokerCluster({ seed: `${seed}`, config: { 'log.segment.bytes': 300, 'log.retention.check.interval.ms': 2_000, 'log.cleaner.backoff.ms': 2_000, 'log.flush.start.offset.checkpoint.interval.ms': 5_000, ...topicConfig } });
      cluster.settle();
      judge(cluster, play(cluster, all));
      for (const [label, times] of cluster.world.marksReached()) reached.set(label, (reached.get(label) ?? 0) + times);
    }),
    { seed: freshSeed('log cleanup'), ...LIMITS },
  );
  return reached;
}

/** Which of `marks` no schedule reached: then nothing was proved about them. */
function unreached(topicConfig: Readonly<{ [name: string]: unknown }>, marks: readonly string[]): string[] {
  const reached = reachedUnder(topicConfig);
  return ['segment rolled', ...marks].filter((mark) => !reached.has(mark));
}

describe('while brokers crash and lose power', () => {
  it('retention by time deletes only what is committed, and replicas that begin apart agree', () => {
    expect(unreached({ 'log.retention.ms': 20_000 }, ['retention deleted segments'])).toEqual([]);
  });

  it('retention by size does, too', () => {
    expect(unreached({ 'log.retention.bytes': 600 }, ['retention deleted segments'])).toEqual([]);
  });

  it('compaction keeps the last record of every key, in replicas with different holes', () => {
    expect(unreached({ 'log.cleanup.policy': 'compact', 'log.cleaner.min.cleanable.ratio': 0.01, 'log.cleaner.delete.retention.ms': 5_000 }, ['log cleaned'])).toEqual([]);
  });

  it('compaction and retention together do', () => {
    expect(unreached({ 'log.cleanup.policy': 'compact,delete', 'log.cleaner.min.cleanable.ratio': 0.2, 'log.retention.bytes': 900 }, ['log cleaned', 'retention deleted segments'])).toEqual([]);
  });

  it.each([[1, false], [1_000, true]])('with log.flush.interval.messages=%i a power loss takes records: %s', (interval, isTaken) => {
    const kept = { before: 0, after: 0 };
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 3 }), (seed, broker) => {
        const cluster = new BrokerCluster({ seed: `${seed}`, config: { 'log.flush.interval.messages': interval } });
        cluster.settle();
        for (let i = 0; i < 12; i += 1) cluster.produce(cluster.leader(), `v${i}`);
        cluster.run(2_000);
        const onDisk = (): number => (cluster.world.node(broker).disk.read(logFile(`${TOPIC}-0`)) as PartitionLog | undefined)?.logEndOffset ?? 0;
        kept.before += onDisk();
        cluster.world.powerLoss(broker);
        kept.after += onDisk();
      }),
      { seed: freshSeed('flushed logs'), ...LIMITS },
    );
    expect(kept.before).toBeGreaterThan(0);
    expect(kept.after < kept.before).toBe(isTaken);
  });
});

describe('DeleteRecords of a healthy cluster', () => {
  it('is answered with the low watermark once every replica has followed', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    for (let i = 0; i < 5; i += 1) cluster.produce(cluster.leader(), `v${i}`);
    cluster.run(2_000);
    const request = { type: 'DeleteRecordsRequest', timeoutMs: 10_000, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: 3 }] }] };
    const id = cluster.send(cluster.leader(), request as never);
    const answer = (): DeleteRecordsResponse | undefined => cluster.clientState().answers.find(({ correlationId }) => correlationId === id) as unknown as DeleteRecordsResponse | undefined;
    cluster.until('the deletion is answered', 5_000, () => answer() !== undefined);
    expect(answer()?.topics[0]?.partitions).toEqual([{ partitionIndex: 0, lowWatermark: 3, errorCode: 'NONE' }]);
    expect(cluster.brokerIds.map((broker) => cluster.replica(broker)?.log.logStartOffset)).toEqual([3, 3, 3]);
  });
});
