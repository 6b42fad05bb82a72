/** Random life of a cluster: whatever happens to the brokers, the controller's decisions keep its invariants. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alterPartition } from './alter-partition.ts';
import { createTopic } from './create-topic.ts';
import { MetadataImage } from './metadata.ts';
import type { MetadataRecord } from './metadata-records.ts';
import {
  DEFAULT_CONTROL,
  handleBrokerFenced,
  handleBrokerInControlledShutdown,
  handleBrokerUnfenced,
  maybeBalancePartitionLeaders,
  maybeElectUncleanLeaders,
  registerBroker,
} from './replication-control.ts';
import type { ReplicationControl } from './replication-control.ts';

const UNCLEAN: ReplicationControl = { ...DEFAULT_CONTROL, uncleanLeaderElectionEnable: true };
const after = (image: MetadataImage, records: readonly MetadataRecord[]): MetadataImage =>
  image.applyAll(records, image.offset + 1);

describe('whatever happens to the brokers', () => {
  const step = fc.record({
    kind: fc.constantFrom('fence', 'unfence', 'restart', 'shutDown', 'shrink', 'expand', 'balance', 'unclean'),
    brokerId: fc.integer({ min: 1, max: 4 }),
    partition: fc.nat(5),
  });

  /** The records of one step, none where its broker is in no state for it. */
  function decide(
    image: MetadataImage,
    { kind, brokerId, partition }: { kind: string; brokerId: number; partition: number },
    rules: ReplicationControl,
  ): readonly MetadataRecord[] {
    const broker = image.broker(brokerId);
    const registration = image.partition('t', partition);
    if (broker === undefined || registration === undefined)
      throw new Error('the cluster has four brokers and six partitions');
    const { leader, isr, leaderEpoch, partitionEpoch, replicas } = registration;
    const propose = (ids: readonly number[]): readonly MetadataRecord[] =>
      alterPartition(image, rules, {
        brokerId: leader,
        brokerEpoch: image.broker(leader)?.epoch ?? -1,
        topics: [
          {
            topicName: 't',
            partitions: [
              {
                partitionIndex: partition,
                leaderEpoch,
                partitionEpoch,
                leaderRecoveryState: 'RECOVERED',
                newIsrWithEpochs: ids.map((id) => ({ brokerId: id, brokerEpoch: -1 })),
              },
            ],
          },
        ],
      }).records;
    switch (kind) {
      case 'fence':
        return broker.fenced ? [] : handleBrokerFenced(image, rules, brokerId);
      case 'unfence':
        return broker.fenced && !broker.inControlledShutdown ? handleBrokerUnfenced(image, rules, brokerId) : [];
      case 'restart':
        return registerBroker(image, rules, { brokerId, incarnationId: `at-${image.offset}` }, image.offset + 1, false)
          .records;
      case 'shutDown':
        return broker.fenced ? [] : handleBrokerInControlledShutdown(image, rules, brokerId);
      case 'shrink':
        return propose(isr.filter((id) => id !== brokerId));
      case 'expand':
        return isr.includes(brokerId) || !replicas.includes(brokerId) ? [] : propose([...isr, brokerId]);
      case 'balance':
        return maybeBalancePartitionLeaders(image, rules).records;
      default:
        return maybeElectUncleanLeaders(image, rules).records;
    }
  }

  it('leaders are active and in the ISR, the ISR holds no inactive broker but the last, no epoch falls', () => {
    let elections = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), fc.nat(), (steps, isUnclean, draw) => {
        const rules = isUnclean ? UNCLEAN : DEFAULT_CONTROL;
        let image = MetadataImage.empty().applyAll(
          [1, 2, 3, 4].map((id): MetadataRecord => ({
            type: 'RegisterBrokerRecord',
            brokerId: id,
            brokerEpoch: id,
            incarnationId: `inc-${id}`,
            fenced: false,
            inControlledShutdown: false,
          })),
          0,
        );
        image = after(
          image,
          createTopic(image, { name: 't', topicId: 'id', numPartitions: 6, replicationFactor: 3 }, draw).records,
        );
        for (const each of steps) {
          const before = image;
          image = after(image, decide(image, each, rules));
          image.topic('t')?.partitions.forEach((partition, i) => {
            const was = before.partition('t', i);
            if (was === undefined) throw new Error('partitions are never removed');
            const { leader, isr, leaderEpoch, partitionEpoch } = partition;
            if (leader !== -1) expect(isr.includes(leader) && image.isActive(leader)).toBe(true);
            if (isr.length > 1 || leader !== -1) expect(isr.every((id) => image.isActive(id))).toBe(true);
            // An active last member leads: no partition waits that need not.
            if (leader === -1) expect(isr.length === 1 && !image.isActive(isr[0] as number)).toBe(true);
            expect(leaderEpoch >= was.leaderEpoch && partitionEpoch >= was.partitionEpoch).toBe(true);
            if (leader !== was.leader) expect(leaderEpoch).toBe(was.leaderEpoch + 1);
            if (partition !== was) expect(partitionEpoch).toBe(was.partitionEpoch + 1);
            // A clean election takes a member of the ISR it finds.
            if (!isUnclean && leader !== -1 && leader !== was.leader) expect(was.isr.includes(leader)).toBe(true);
            if (leader !== -1 && leader !== was.leader) elections += 1;
          });
        }
      }),
      { numRuns: 200 },
    );
    expect(elections).toBeGreaterThan(100);
  });
});
