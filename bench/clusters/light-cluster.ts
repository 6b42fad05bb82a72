/**
 * A scenario for any number of brokers in which every node has the same to do. About every three brokers there is a
 * topic of 30 partitions with a producer and a consumer of its own, so partitions per broker, records per partition and
 * partitions per client stay the same, and nothing fails. What a message costs in it says how the simulator scales.
 */
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { brokerNode } from '../../src/scenarios/scenario.ts';

/** Replicas of each partition; also the smallest cluster. */
export const REPLICATION_FACTOR = 3;
/** Partitions that each broker leads. */
export const PARTITIONS_PER_BROKER = 10;
const RECORD_EVERY_US = 1_000_000;

export interface LightCluster {
  readonly brokers: number;
  readonly durationMs: number;
}

/** One record a second for each partition, all properties judged. */
export function lightCluster({ brokers, durationMs }: LightCluster): Scenario {
  const cells = Math.max(1, Math.round(brokers / REPLICATION_FACTOR));
  const partitionCount = brokers * PARTITIONS_PER_BROKER;
  const topics = Array.from({ length: cells }, (_, cell) => ({
    name: `readings-${cell + 1}`,
    partitions: Math.floor(partitionCount / cells) + (cell < partitionCount % cells ? 1 : 0),
    replicationFactor: REPLICATION_FACTOR,
    assignment: null,
    config: { 'min.insync.replicas': 2 },
  }));
  const bootstrap = [brokerNode(1), brokerNode(2)];
  return {
    name: `light_cluster_${brokers}`,
    description: `${brokers} brokers with light load and no faults`,
    profile: '3.9',
    seed: '1',
    durationMs,
    cluster: { brokers, controllers: 1, combined: false, config: {} },
    topics,
    producers: topics.map((_, cell) => ({ name: `sensor-${cell + 1}`, nodes: [`sensor-${cell + 1}`], bootstrap, config: { acks: 'all' } })),
    consumers: topics.map(({ name }, cell) => ({ name: `archive-${cell + 1}`, nodes: [`archive-${cell + 1}`], topics: [name], bootstrap, config: { 'auto.offset.reset': 'earliest' } })),
    workload: topics.map(({ name, partitions }, cell) => ({
      kind: 'periodic', producer: `sensor-${cell + 1}`, topic: name, everyUs: Math.floor(RECORD_EVERY_US / partitions), jitterUs: 0,
      startMs: 0, untilMs: durationMs, key: null, value: 'reading {i}', partition: null,
    })),
    network: {
      mode: 'connection', latency: { minUs: 200, maxUs: 1_000, tailUs: 1_000, tailRatio: { numerator: 0, denominator: 1 } },
      loss: { numerator: 0, denominator: 1 }, duplicate: { numerator: 0, denominator: 1 }, reorder: { numerator: 0, denominator: 1 }, reorderWithinUs: 0,
    },
    disk: { flushLatency: { minUs: 1_000, maxUs: 8_000 } },
    faults: [],
    nemesis: null,
    admin: [],
    mustSurvive: 'acks-all',
    checks: null,
  };
}
