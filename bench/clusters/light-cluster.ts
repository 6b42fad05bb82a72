/**
 * A scenario for any number of brokers in which every broker has the same to do: partitions, replicas and records grow
 * with the cluster, nothing fails. What a message costs in it says how the simulator scales, not how Kafka does.
 */
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { brokerNode } from '../../src/scenarios/scenario.ts';

/** Replicas of each partition; also the smallest cluster. */
export const REPLICATION_FACTOR = 3;
/** Partitions that each broker leads. */
export const PARTITIONS_PER_BROKER = 10;
/** One record a second for each partition. */
const RECORD_EVERY_US = 1_000_000;

export interface LightCluster {
  readonly brokers: number;
  readonly durationMs: number;
  /** Properties to judge. */
  readonly checks: readonly string[] | null;
}

/** One topic, one producer node for every three brokers, one consumer. */
export function lightCluster({ brokers, durationMs, checks }: LightCluster): Scenario {
  const partitions = brokers * PARTITIONS_PER_BROKER;
  const bootstrap = [brokerNode(1), brokerNode(2)];
  const producerCount = Math.ceil(brokers / REPLICATION_FACTOR);
  return {
    name: `light_cluster_${brokers}`,
    description: `${brokers} brokers with light load and no faults`,
    profile: '3.9',
    seed: '1',
    durationMs,
    cluster: { brokers, config: {} },
    topics: [{ name: 'readings', partitions, replicationFactor: REPLICATION_FACTOR, config: { 'min.insync.replicas': 2 } }],
    producers: [{ name: 'sensor', nodes: Array.from({ length: producerCount }, (_, index) => `sensor-${index + 1}`), bootstrap, config: { acks: 'all' } }],
    consumers: [{ name: 'archive', topics: ['readings'], bootstrap, config: { 'auto.offset.reset': 'earliest' } }],
    workload: [{
      kind: 'periodic', producer: 'sensor', topic: 'readings', everyUs: Math.floor((RECORD_EVERY_US * producerCount) / partitions), jitterUs: 0,
      startMs: 0, untilMs: durationMs, key: null, value: 'reading {i}', partition: null,
    }],
    network: {
      mode: 'connection', latency: { minUs: 200, maxUs: 1_000, tailUs: 1_000, tailRatio: { numerator: 0, denominator: 1 } },
      loss: { numerator: 0, denominator: 1 }, duplicate: { numerator: 0, denominator: 1 }, reorder: { numerator: 0, denominator: 1 }, reorderWithinUs: 0,
    },
    disk: { flushLatency: { minUs: 1_000, maxUs: 8_000 } },
    faults: [],
    nemesis: null,
    mustSurvive: 'acks-all',
    checks,
  };
}
