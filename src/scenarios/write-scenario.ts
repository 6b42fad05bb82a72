/**
 * A scenario as the text that a person would have written: what has its default is left out, one line for each topic,
 * client, fault and record. Inverse of parse.ts: reading the text gives the same scenario.
 *
 * Left out: records files. Who writes such a scenario writes its rows out as `sends` first: a text has no file beside it.
 */
import { AssertionFailed, unreachable } from '../kernel/assert.ts';
import type { ApplicationOptions } from '../actors/application/state.ts';
import type { Ratio } from '../kernel/random.ts';
import type { AdminOperation } from './administration.ts';
import { formatDurationMs, formatDurationUs, formatRatio } from './durations.ts';
import { DEFAULT_KILL_AFTER_MS, type ScenarioFault } from './faults.ts';
import { DEFAULT_APPLICATION } from './resolve-consumers.ts';
import { DEFAULT_PROFILE } from './profiles.ts';
import { DEFAULT_FLUSH_LATENCY, DEFAULT_LATENCY } from './resolve.ts';
import { brokerNode, type ConsumerSpec, type NemesisSpec, type NetworkSpec, type ProducerSpec, type Scenario, type TopicSpec, type WorkloadSpec } from './scenario.ts';
import { flow, lines, type Plain } from './yaml-text.ts';

/** YAML; ends with a newline. @throws AssertionFailed on a workload from a records file. */
export function writeScenario(scenario: Scenario): string {
  const { name, description, profile, seed, durationMs, mutants, story, nemesis, mustSurvive, checks } = scenario;
  const network = networkOf(scenario.network);
  const { minUs, maxUs } = scenario.disk.flushLatency;
  const hasDefaultDisk = minUs === DEFAULT_FLUSH_LATENCY.minUs && maxUs === DEFAULT_FLUSH_LATENCY.maxUs;
  const line = (key: string, value: Plain | undefined): string[] => (value === undefined ? [] : [`${key}: ${flow(value)}`]);
  const text = [
    ...line('scenario', name),
    ...line('description', description === '' ? undefined : description),
    ...line('profile', profile === DEFAULT_PROFILE ? undefined : profile),
    ...line('seed', seed ?? undefined),
    ...line('duration', ms(durationMs)),
    ...line('mutants', mutants),
    ...line('cluster', clusterOf(scenario)),
    ...lines('topics', scenario.topics.map(topicOf)),
    ...lines('producers', scenario.producers.map((producer) => producerOf(producer, scenario))),
    ...lines('consumers', scenario.consumers.map((consumer) => consumerOf(consumer, scenario))),
    ...lines('admin', scenario.admin.map(operationOf)),
    ...lines('faults', scenario.faults.map(writtenFault)),
    ...scenario.workload.flatMap((spec, index) => (index === 0 ? ['workload:', ...workloadOf(spec, scenario)] : workloadOf(spec, scenario))),
    ...line('network', Object.keys(network).length === 0 ? undefined : network),
    ...line('disk', hasDefaultDisk ? undefined : { flushLatency: { min: us(minUs), max: us(maxUs) } }),
    ...line('nemesis', nemesis === null ? undefined : nemesisOf(nemesis)),
    ...line('mustSurvive', mustSurvive === 'acks-all' ? undefined : mustSurvive),
    ...line('checks', checks ?? undefined),
    ...line('story', story === undefined ? undefined : { ...story }),
  ];
  return `${text.join('\n')}\n`;
}

function us(value: number): string {
  return formatDurationUs(value);
}

function ms(value: number): string {
  return formatDurationMs(value);
}

function ratio(value: Ratio): string | number {
  return value.denominator === 1 ? value.numerator : formatRatio(value);
}

function orNothing<T extends object>(entries: T): T | undefined {
  return Object.keys(entries).length === 0 ? undefined : entries;
}

function clusterOf({ cluster: { brokers, controllers, combined, config } }: Scenario): Plain {
  return { brokers, controllers: controllers === 1 ? undefined : controllers, combined: combined ? true : undefined, config: orNothing(config) };
}

function topicOf({ name, partitions, replicationFactor, assignment, config }: TopicSpec): Plain {
  const counts = assignment === null ? { partitions, replicationFactor } : { assignment };
  return { name, ...counts, config: orNothing(config) };
}

/** Undefined for the default: every broker, in their order. */
function bootstrapOf(bootstrap: readonly string[], { cluster }: Scenario): readonly string[] | undefined {
  const isDefault = bootstrap.length === cluster.brokers && bootstrap.every((node, index) => node === brokerNode(index + 1));
  return isDefault ? undefined : bootstrap;
}

function producerOf({ name, nodes, bootstrap, config }: ProducerSpec, scenario: Scenario): Plain {
  return { name, count: nodes.length === 1 ? undefined : nodes.length, bootstrap: bootstrapOf(bootstrap, scenario), config: orNothing(config) };
}

function consumerOf({ name, nodes, topics, bootstrap, config, group }: ConsumerSpec, scenario: Scenario): Plain {
  return {
    name, count: nodes.length === 1 ? undefined : nodes.length, group: group?.groupId, topics, bootstrap: bootstrapOf(bootstrap, scenario),
    application: group === undefined ? undefined : applicationOf(group.application), config: orNothing(config),
  };
}

function applicationOf({ mode, handler, commit, perRecordMs, perBatchMs, sink, pollTimeoutMs }: ApplicationOptions): Plain {
  const usual = DEFAULT_APPLICATION;
  return {
    mode, handler: handler === usual.handler ? undefined : handler, commit: commit === usual.commit ? undefined : commit,
    perRecord: perRecordMs === usual.perRecordMs ? undefined : ms(perRecordMs), perBatch: perBatchMs === usual.perBatchMs ? undefined : ms(perBatchMs),
    sink: sink === usual.sink ? undefined : sink, pollTimeout: pollTimeoutMs === usual.pollTimeoutMs ? undefined : ms(pollTimeoutMs),
  };
}

function workloadOf(spec: WorkloadSpec, { producers }: Scenario): string[] {
  switch (spec.kind) {
    case 'periodic': {
      const { producer, topic, everyUs, jitterUs, key, value, startMs, untilMs, partition } = spec;
      return [`  - ${flow({
        producer, topic, every: us(everyUs), jitter: jitterUs === 0 ? undefined : us(jitterUs), key: key ?? undefined, value: value === '{i}' ? undefined : value,
        start: startMs === 0 ? undefined : ms(startMs), until: ms(untilMs), partition: partition ?? undefined,
      })}`];
    }
    case 'sends': {
      const first = producers.find(({ name }) => name === spec.producer)?.nodes[0];
      const rows = spec.rows.map(({ atUs, from, key, value, partition }, index) => flow({
        at: us(atUs), from: from === first ? undefined : from, key: key ?? undefined, value: value === String(index) ? undefined : value, partition: partition ?? undefined,
      }));
      return [`  - producer: ${flow(spec.producer)}`, `    topic: ${flow(spec.topic)}`, rows.length === 0 ? '    sends: []' : '    sends:', ...rows.map((row) => `      - ${row}`)];
    }
    case 'records':
      throw new AssertionFailed(`the workload of ${spec.producer} comes from ${spec.file}, which is not part of the text`);
    default:
      return unreachable(spec, 'workload');
  }
}

function networkOf({ mode, latency, loss, duplicate, reorder, reorderWithinUs }: NetworkSpec): Readonly<Record<string, Plain>> {
  const { minUs, maxUs, tailUs, tailRatio } = latency;
  const hasDefaultTail = tailUs === maxUs && tailRatio.numerator === 0;
  const isDefault = minUs === DEFAULT_LATENCY.minUs && maxUs === DEFAULT_LATENCY.maxUs && tailUs === DEFAULT_LATENCY.tailUs && tailRatio.denominator === DEFAULT_LATENCY.tailRatio.denominator
    && tailRatio.numerator === DEFAULT_LATENCY.tailRatio.numerator;
  return {
    ...(mode === 'connection' ? {} : { mode }),
    ...(isDefault ? {} : { latency: { min: us(minUs), max: us(maxUs), ...(hasDefaultTail ? {} : { tail: us(tailUs), tailRatio: ratio(tailRatio) }) } }),
    ...(loss.numerator === 0 ? {} : { loss: ratio(loss) }),
    ...(duplicate.numerator === 0 ? {} : { duplicate: ratio(duplicate) }),
    ...(reorder.numerator === 0 && reorderWithinUs === 0 ? {} : { reorder: { ratio: ratio(reorder), within: us(reorderWithinUs) } }),
  };
}

function nemesisOf({ kinds, targets, meanIntervalMs, faultMs, maxDown, stabilityMs, startMs, quietAfterMs }: NemesisSpec): Plain {
  return {
    kinds: kinds ?? undefined, targets, meanInterval: ms(meanIntervalMs), faultDuration: { min: ms(faultMs.min), max: ms(faultMs.max) }, maxDown, stability: ms(stabilityMs), start: ms(startMs),
    quietAfter: ms(quietAfterMs),
  };
}

/** A fault as a scenario lists it: `{ at: 10m, crash: broker-2, restartAfter: 30s }`. */
export function writtenFault(fault: ScenarioFault): { readonly [key: string]: Plain | undefined } {
  const at = ms(fault.atMs);
  switch (fault.kind) {
    case 'crash':
      return { at, crash: fault.node, ...(fault.point === undefined ? {} : { [fault.point.when]: fault.point.step }), restartAfter: restart(fault.restartAfterMs) };
    case 'powerLoss':
    case 'wipe':
      return { at, [fault.kind]: fault.node, restartAfter: restart(fault.restartAfterMs) };
    case 'stop':
      return { at, stop: fault.node, restartAfter: restart(fault.restartAfterMs), killAfter: patience(fault.killAfterMs) };
    case 'rollingRestart':
      return { at, rollingRestart: fault.nodes, every: ms(fault.everyMs), restartAfter: ms(fault.restartAfterMs), killAfter: patience(fault.killAfterMs) };
    case 'pause':
    case 'flushFailure':
    case 'diskFull':
    case 'isolate':
      return { at, [fault.kind]: fault.node, for: ms(fault.forMs) };
    case 'clockJump':
      return { at, clockJump: fault.node, by: ms(fault.byMs) };
    case 'clockDrift':
      return { at, clockDrift: fault.node, ppm: fault.ppm, for: ms(fault.forMs) };
    case 'slowDisk':
      return { at, slowDisk: fault.node, factor: fault.factor, for: ms(fault.forMs) };
    case 'partition':
      return { at, partition: fault.groups, for: ms(fault.forMs) };
    case 'oneWay':
    case 'clog':
      return { at, [fault.kind]: { from: fault.from, to: fault.to }, for: ms(fault.forMs) };
    case 'flaky':
      return { at, flaky: { from: fault.from, to: fault.to }, loss: ratio(fault.loss), for: ms(fault.forMs) };
    case 'slow':
      return { at, slow: { from: fault.from, to: fault.to }, add: ms(fault.addMs), for: ms(fault.forMs) };
    case 'swizzleClog':
      return { at, swizzleClog: fault.nodes, for: ms(fault.forMs) };
    case 'reset':
      return { at, reset: fault.between };
    case 'heal':
      return { at, heal: 'network' };
    default:
      return unreachable(fault, 'fault');
  }
}

function restart(restartAfterMs: number | null): string | undefined {
  return restartAfterMs === null ? undefined : ms(restartAfterMs);
}

function patience(killAfterMs: number): string | undefined {
  return killAfterMs === DEFAULT_KILL_AFTER_MS ? undefined : ms(killAfterMs);
}

function operationOf(operation: AdminOperation): Plain {
  const at = ms(operation.atMs);
  switch (operation.kind) {
    case 'createTopic': {
      const { topic: name, partitions, replicationFactor, assignment, config } = operation;
      return { at, createTopic: topicOf({ name, partitions, replicationFactor, assignment, config }) };
    }
    case 'deleteTopic':
      return { at, deleteTopic: operation.topic };
    case 'createPartitions':
      return { at, createPartitions: { topic: operation.topic, count: operation.count } };
    case 'electLeaders': {
      const one = operation.partitions?.[0];
      return { at, electLeaders: operation.election, ...(one === undefined ? {} : { topic: one.topic, partitions: one.partitions }) };
    }
    case 'reassign':
      return { at, reassign: { topic: operation.topic, partition: operation.partition, to: operation.to } };
    case 'cancelReassignment':
      return { at, cancelReassignment: { topic: operation.topic, partition: operation.partition } };
    case 'deleteRecords':
      return { at, deleteRecords: { topic: operation.topic, partition: operation.partition, before: operation.before } };
    case 'alterConfig': {
      const { resource, name, set, delete: removed } = operation;
      const named: Record<string, string> = { [resource]: resource === 'cluster' ? 'default' : name };
      return { at, alterConfig: { ...named, set: orNothing(set), delete: removed.length === 0 ? undefined : removed } };
    }
    case 'unregisterBroker':
      return { at, unregisterBroker: operation.node };
    default:
      return unreachable(operation, 'operation of the administrator');
  }
}
