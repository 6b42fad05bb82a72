/**
 * Workload: from a scenario and a seed to the explicit list of records that producers are asked to send. The list is
 * data from then on; a run, a replay and a shrink take it as it is.
 *
 * Every value is unique by construction: the written text, then ` #<producer>/<number>`, where number counts the
 * records of that producer. Node names hold neither `#` nor `/`, so the part after the last `#` names one record;
 * checkers follow a record from send to delivery by its value.
 */
import { assert, present, unreachable } from '../kernel/assert.ts';
import { hashString } from '../kernel/hash.ts';
import { stream } from '../kernel/random.ts';
import { below, between } from './draws.ts';
import type { PeriodicWorkload, ProducerSpec, RecordsWorkload, Scenario } from './scenario.ts';

/** One record that the application hands to a producer. */
export interface Operation {
  readonly atUs: number;
  /** Node name of the producer. */
  readonly producer: string;
  readonly topic: string;
  readonly key: string | null;
  /** Unique among all operations of a run. */
  readonly value: string;
  /** Explicit partition; absent leaves it to the partitioner. */
  readonly partition?: number;
}

/** Operations sorted by time; at one instant in the order of the scenario's entries, then of the producers. */
export function expandWorkload(scenario: Scenario, seed: string): Operation[] {
  const operations: Operation[] = [];
  for (const [index, spec] of scenario.workload.entries()) {
    const producer = present(scenario.producers.find((each) => each.name === spec.producer), `producer ${spec.producer}`);
    switch (spec.kind) {
      case 'periodic':
        expandPeriodic(spec, index, producer, seed, operations);
        break;
      case 'records':
        expandRecords(spec, producer, operations);
        break;
      case 'sends':
        operations.push(...spec.rows.map(({ atUs, from, key, value, partition }) => operation({ atUs, producer: from, topic: spec.topic, key, value }, partition)));
        break;
      default:
        unreachable(spec, 'workload');
    }
  }
  const endUs = scenario.durationMs * 1000;
  const inTime = operations.filter((operation) => operation.atUs < endUs).sort((a, b) => a.atUs - b.atUs);
  const sent = new Map<string, number>();
  const numbered = inTime.map((operation) => {
    const number = sent.get(operation.producer) ?? 0;
    sent.set(operation.producer, number + 1);
    return { ...operation, value: `${operation.value} #${operation.producer}/${number}` };
  });
  assert(numbered.every((operation) => operation.atUs >= 0), 'operations happen within the run');
  return numbered;
}

/** A fleet does not report in step: every producer starts at a drawn point of its first interval. */
function expandPeriodic(spec: PeriodicWorkload, index: number, producer: ProducerSpec, seed: string, operations: Operation[]): void {
  const startUs = spec.startMs * 1000;
  const untilUs = spec.untilMs * 1000;
  for (const [member, node] of producer.nodes.entries()) {
    // One stream per entry and producer: another truck, or another entry, leaves this one's records as they were.
    const draws = stream(seed, `workload/${index}/${node}`);
    const phaseUs = below(draws, spec.everyUs);
    for (let i = 0; ; i += 1) {
      const dueUs = startUs + phaseUs + i * spec.everyUs;
      if (dueUs >= untilUs) break;
      const movedUs = spec.jitterUs === 0 ? dueUs : dueUs + between(draws, -spec.jitterUs, spec.jitterUs);
      operations.push(operation({
        atUs: Math.min(Math.max(movedUs, startUs), untilUs - 1), producer: node, topic: spec.topic,
        key: spec.key === null ? null : fill(spec.key, member + 1, i), value: fill(spec.value, member + 1, i),
      }, spec.partition));
    }
  }
}

/** Rows that name no producer are shared out by key, so that the records of a key keep their order; keyless ones in turn. */
function expandRecords(spec: RecordsWorkload, producer: ProducerSpec, operations: Operation[]): void {
  const { nodes } = producer;
  let keyless = 0;
  for (const row of spec.rows) {
    const member = row.key === null ? (keyless++) % nodes.length : (hashString(row.key) >>> 0) % nodes.length;
    const atUs = Math.floor((row.atMs * 1000 * spec.speed.denominator) / spec.speed.numerator);
    operations.push(operation({ atUs, producer: row.producer ?? present(nodes[member], 'producer node'), topic: spec.topic, key: row.key, value: row.value }, row.partition));
  }
}

function operation(fields: Omit<Operation, 'partition'>, partition: number | null): Operation {
  return partition === null ? fields : { ...fields, partition };
}

function fill(template: string, n: number, i: number): string {
  return template.replace(/\{([ni])\}/g, (_, name) => String(name === 'n' ? n : i));
}
