/**
 * A schedule of faults and writes against a broker cluster, as data: any subset of a schedule is a schedule, so a failing
 * one shrinks to the few events that matter. Every fault ends by itself or at `heal`.
 */
import fc from 'fast-check';
import { US_PER_MS } from '../../src/kernel/time.ts';
import { unreachable } from '../../src/kernel/assert.ts';
import { oneWay } from '../../src/network/conditions.ts';
import { CONTROLLER, type BrokerCluster } from './broker-cluster.ts';

export type ClusterEvent =
  | { readonly kind: 'produce'; readonly atMs: number; readonly acks: -1 | 0 | 1; readonly partition: number; /** A broker, or 0 for the committed leader. */ readonly to: number }
  | { readonly kind: 'crash' | 'powerLoss' | 'pause'; readonly atMs: number; readonly node: number; readonly forMs: number }
  /** The node sees nobody, or nobody sees it. */
  | { readonly kind: 'isolate' | 'mute' | 'deafen'; readonly atMs: number; readonly node: number; readonly forMs: number }
  | { readonly kind: 'cutPair'; readonly atMs: number; readonly a: number; readonly b: number; readonly forMs: number }
  | { readonly kind: 'reset'; readonly atMs: number; readonly a: number; readonly b: number }
  | { readonly kind: 'flushFails' | 'diskFull' | 'slowDisk'; readonly atMs: number; readonly node: number; readonly forMs: number };

export interface ScheduleOptions {
  readonly brokers: number;
  readonly partitions: number;
  readonly lengthMs: number;
  readonly maxEvents: number;
  /** Power losses and disks that fail: what was acknowledged may be lost then, by Kafka's own word. */
  readonly losesData: boolean;
}

export function schedule({ brokers, partitions, lengthMs, maxEvents, losesData }: ScheduleOptions): fc.Arbitrary<ClusterEvent[]> {
  const atMs = fc.integer({ min: 0, max: lengthMs });
  const forMs = fc.integer({ min: 1, max: 20_000 });
  const node = fc.integer({ min: CONTROLLER, max: brokers });
  const produce = fc.record({
    kind: fc.constant('produce' as const), atMs, acks: fc.constantFrom(-1 as const, -1 as const, 1 as const, 0 as const),
    partition: fc.nat(partitions - 1), to: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: brokers }) }),
  });
  const onNode = fc.record({ kind: fc.constantFrom('crash' as const, 'pause' as const, 'isolate' as const, 'mute' as const, 'deafen' as const, 'slowDisk' as const), atMs, node, forMs });
  const onPair = fc.record({ kind: fc.constant('cutPair' as const), atMs, a: node, b: node, forMs });
  const reset = fc.record({ kind: fc.constant('reset' as const), atMs, a: node, b: node });
  const lossy = fc.record({ kind: fc.constantFrom('powerLoss' as const, 'flushFails' as const, 'diskFull' as const), atMs, node, forMs });
  return fc.array(
    fc.oneof<fc.WeightedArbitrary<ClusterEvent>[]>(
      { weight: 6, arbitrary: produce }, { weight: 4, arbitrary: onNode }, { weight: 2, arbitrary: onPair }, { weight: 1, arbitrary: reset },
      ...(losesData ? [{ weight: 3, arbitrary: lossy }] : []),
    ),
    { maxLength: maxEvents, size: 'max' },
  );
}

export interface Written {
  readonly value: string;
  readonly partition: number;
  readonly acks: -1 | 0 | 1;
  readonly correlationId: number;
}

interface Action {
  readonly atMs: number;
  readonly act: () => void;
}

/** Carries out a schedule from now on and lets its last fault end. What was written, in order of sending. */
export function play(cluster: BrokerCluster, events: readonly ClusterEvent[]): Written[] {
  const written: Written[] = [];
  const startMs = cluster.nowMs;
  const actions = events.flatMap((event, index) => actionsOf(cluster, event, index, written));
  // Sorting is stable: events of one instant happen in the order of the schedule.
  for (const { atMs, act } of actions.toSorted((a, b) => a.atMs - b.atMs)) {
    cluster.world.runUntil(Math.max(cluster.world.nowUs, (startMs + atMs) * US_PER_MS));
    act();
  }
  return written;
}

function actionsOf(cluster: BrokerCluster, event: ClusterEvent, index: number, written: Written[]): Action[] {
  const { world, network } = cluster;
  const { kind, atMs } = event;
  const id = `fault ${index}`;
  const everybody = Array.from({ length: world.nodeCount }, (_, node) => node);
  const rule = (links: [number, number][], forMs: number): Action[] => [
    { atMs, act: () => network.addRule(world, { id, links, effect: { kind: 'cut' } }) },
    { atMs: atMs + forMs, act: () => network.removeRule(world, id) },
  ];
  switch (kind) {
    case 'produce':
      return [{ atMs, act: () => {
        const { acks, partition } = event;
        const to = event.to === 0 ? Math.max(1, cluster.leader(partition)) : event.to;
        const value = `v${index}`;
        written.push({ value, partition, acks, correlationId: cluster.produce(to, value, acks, partition, 10_000) });
      } }];
    case 'crash':
      return [{ atMs, act: () => world.crash(event.node, id) }, { atMs: atMs + event.forMs, act: () => world.start(event.node) }];
    case 'powerLoss':
      return [{ atMs, act: () => world.powerLoss(event.node) }, { atMs: atMs + event.forMs, act: () => world.start(event.node) }];
    case 'pause':
      return [{ atMs, act: () => world.pause(event.node) }, { atMs: atMs + event.forMs, act: () => world.resume(event.node) }];
    case 'isolate':
      return rule([...oneWay([event.node], everybody), ...oneWay(everybody, [event.node])], event.forMs);
    case 'mute':
      return rule(oneWay([event.node], everybody), event.forMs);
    case 'deafen':
      return rule(oneWay(everybody, [event.node]), event.forMs);
    case 'cutPair':
      return rule([...oneWay([event.a], [event.b]), ...oneWay([event.b], [event.a])], event.forMs);
    case 'reset':
      return [{ atMs, act: () => network.reset(world, event.a, event.b) }];
    case 'flushFails':
      return disk(cluster, event, { flushFails: true }, { flushFails: false });
    case 'diskFull':
      return disk(cluster, event, { full: true }, { full: false });
    case 'slowDisk':
      return disk(cluster, event, { slowFactor: 20 }, { slowFactor: 1 });
    default:
      return unreachable(kind, 'cluster event');
  }
}

type Condition = Parameters<BrokerCluster['world']['setDiskCondition']>[1];

/** A process that halts over its disk is started again when the disk is well. */
function disk({ world }: BrokerCluster, { atMs, node, forMs }: { readonly atMs: number; readonly node: number; readonly forMs: number }, ill: Condition, well: Condition): Action[] {
  return [
    { atMs, act: () => world.setDiskCondition(node, ill) },
    { atMs: atMs + forMs, act: () => { world.setDiskCondition(node, well); world.start(node); } },
  ];
}
