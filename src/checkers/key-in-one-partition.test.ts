import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../kafka/config.ts';
import type { ProducerConfig } from '../kafka/config-tables.ts';
import { partitionForKey } from '../kafka/partitioner.ts';
import { keyInOnePartition } from './key-in-one-partition.ts';
import { APP, READER, Stage, TOPIC } from './staging.ts';

const KEY = 'truck-17';
const RIGHT = partitionForKey(KEY, 3);
const WRONG = (RIGHT + 1) % 3;

function received(offset: number, key: string | null) {
  return [{ offset, leaderEpoch: 0, key, value: `value ${offset}` }];
}

function producerThat(change: { ignoresKeys?: boolean; takesTurns?: boolean; names?: boolean }) {
  const partitionerClass = change.takesTurns === true ? 'RoundRobinPartitioner' : 'default';
  const config: ProducerConfig = { ...defaultConfig('producer'), partitionerIgnoreKeys: change.ignoresKeys === true, partitionerClass };
  return { producers: [{ node: APP, config, namesPartitionOf: change.names === true ? [TOPIC] : [] }] };
}

describe('key in one partition', () => {
  it('is violated when a keyed record goes to another partition than murmur2 names', () => {
    const stage = Stage.ready([keyInOnePartition], {}, 3);
    stage.send({ value: 'a', key: KEY, partition: WRONG, offset: 0 });
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated',
      evidence: [{ sentence: `app-1 sent a record with key "truck-17" in orders-${WRONG}, but murmur2 of the key names partition ${RIGHT} of 3` }],
    });
  });

  it('is violated also by a send that failed, and by a record that is read', () => {
    const stage = Stage.ready([keyInOnePartition], {}, 3);
    stage.send({ value: 'a', key: KEY, partition: WRONG, outcome: 'unknown' });
    stage.pollRecords(READER, 1, received(4, KEY), WRONG);
    expect(stage.violations).toBe(2);
    expect(stage.verdict().evidence[1]?.sentence).toContain('reader-1 read a record with key "truck-17" at offset 4');
  });

  it('holds for the right partition, keyless records, and records that never got a partition', () => {
    const stage = Stage.ready([keyInOnePartition], {}, 3);
    stage.send({ value: 'a', key: KEY, partition: RIGHT, offset: 0 });
    stage.send({ value: 'b', partition: 2, offset: 0 });
    stage.send({ value: 'c', key: KEY, partition: -1, outcome: 'fail' });
    stage.pollRecords(READER, 1, received(0, KEY), RIGHT);
    stage.pollRecords(READER, 1, received(0, null), 2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 2 });
  });

  it.each([['names partitions itself', { names: true }], ['ignores keys', { ignoresKeys: true }], ['takes partitions in turn', { takesTurns: true }]])('is vacuous for a producer that %s, and for what is read from its topic', (_what, change) => {
    const stage = Stage.ready([keyInOnePartition], producerThat(change), 3);
    stage.send({ value: 'a', key: KEY, partition: WRONG, offset: 0 });
    stage.pollRecords(READER, 1, received(0, KEY), WRONG);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous', compared: 0 });
  });

  it('goes on after more keys than are remembered', () => {
    const stage = Stage.ready([keyInOnePartition], {}, 3);
    for (let i = 0; i < 4_200; i += 1) stage.send({ value: `value ${i}`, key: `key-${i}`, partition: partitionForKey(`key-${i}`, 3), offset: i });
    stage.send({ value: 'last', key: 'key-4199', partition: (partitionForKey('key-4199', 3) + 1) % 3, offset: 5_000 });
    expect(stage.verdict()).toMatchObject({ verdict: 'violated', compared: 4_201 });
    expect(stage.violations).toBe(1);
  });
});
