/**
 * A virtual day of the flagship, its hour of faults once an hour, all properties judged: does memory stay within bounds
 * over a long run? The heap is measured after a full collection at the hours told; what remains is the world, the
 * history and what the checkers keep.
 */
import { assert } from '../../src/kernel/assert.ts';
import { overallVerdict } from '../../src/history/verdict.ts';
import { sortedByTime } from '../../src/scenarios/faults.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { flagship, requestFor, seedOf } from '../clusters/requests.ts';
import { atMost, figure, type Figure } from '../figure.ts';
import { cpuUs } from '../measure.ts';

const NAME = 'cluster/day';
const HOUR_MS = 3_600_000;
const HOURS = 24;
const TOLD_HOURS = [6, 12, 18, 24] as const;
const BYTES_PER_MIB = 1_048_576;
/** A quarter of what Node gives itself on a small machine; the records of a day have to stay, since the topic keeps them for a week. */
const HEAP_LIMIT_MIB = 1_024;

export function dayFigures(): readonly Figure[] {
  const scenario = dayOf(flagship());
  const heapMib = new Map<number, number>();
  const startUs = cpuUs();
  const { messages, verdicts, delivered } = execute({
    ...requestFor(scenario, seedOf(scenario)),
    progress: ({ virtualMs }) => {
      const hour = virtualMs / HOUR_MS;
      if (TOLD_HOURS.some((told) => told === hour)) heapMib.set(hour, heapUsedMib());
      return true;
    },
  });
  const takenUs = cpuUs() - startUs;
  assert(overallVerdict(verdicts) !== 'violated', 'a day of the flagship holds');
  assert(heapMib.size === TOLD_HOURS.length, 'the heap was measured at each hour');
  const records = delivered.topics.reduce((sum, { ok }) => sum + ok, 0);
  const heapAt = (hour: number): number => heapMib.get(hour) ?? 0;
  return [
    figure(NAME, 'messages of a day', messages, 'messages'),
    figure(NAME, 'records acknowledged', records, 'records'),
    figure(NAME, 'all checks on', (messages * 1e6) / takenUs, 'msg/s'),
    ...TOLD_HOURS.map((hour) => figure(NAME, `heap in use after ${hour} h`, heapAt(hour), 'MiB', hour === HOURS ? atMost(HEAP_LIMIT_MIB) : null)),
    figure(NAME, 'heap of the last 6 h, a record', ((heapAt(24) - heapAt(18)) * BYTES_PER_MIB * HOURS) / (6 * records), 'bytes'),
  ];
}

/** 24 hours of it: the faults of the hour again in each hour, the workload until shortly before the end. */
function dayOf(hour: Scenario): Scenario {
  const durationMs = HOURS * HOUR_MS;
  assert(hour.durationMs === HOUR_MS, 'the flagship is an hour');
  const shifted = Array.from({ length: HOURS }, (_, index) => hour.faults.map((fault) => ({ ...fault, atMs: fault.atMs + index * HOUR_MS })));
  return {
    ...hour,
    durationMs,
    faults: sortedByTime(shifted.flat()),
    workload: hour.workload.map((spec) => (spec.kind === 'periodic' ? { ...spec, untilMs: durationMs - (hour.durationMs - spec.untilMs) } : spec)),
  };
}

function heapUsedMib(): number {
  assert(globalThis.gc !== undefined, 'the process was started with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed / BYTES_PER_MIB;
}
