/**
 * Futures of a run: the run as it stood at a moment, gone on from there under other seeds. Records and operations come as
 * planned, and faults either do, too, or those that have not struck by then are left out; what is drawn anew is how long messages and flushes take, what is lost, what machines draw, what a power
 * loss takes along. A future either violates what the run violated (the same property, with evidence of the same kind) or
 * escapes it.
 *
 * Left out: other faults than those of the run. What they would have done is for a sweep.
 */
import { CheckerMonitor } from '../../checkers/monitor.ts';
import type { Evidence } from '../../history/verdict.ts';
import { RunFailed, assert } from '../../kernel/assert.ts';
import { usOfMs } from '../../kernel/time.ts';
import type { TraceLine } from '../../kernel/trace.ts';
import type { World } from '../../kernel/world.ts';
import { Plan } from '../../scenarios/plan.ts';
import { begin } from '../../scenarios/run.ts';
import type { Asked } from '../request.ts';
import { evidenceOf, type Fingerprint } from '../shrink/fingerprint.ts';

/** What becomes of the faults that a run still has before it: they strike as planned, or they do not. */
export type FaultsToCome = 'planned' | 'spared';

/** How many futures of some violated. */
export interface Share {
  readonly violated: number;
  readonly futures: number;
}

export class Futures {
  readonly endUs: number;
  private readonly asked: Asked;
  private readonly fingerprint: Fingerprint;
  faultsToCome: FaultsToCome = 'planned';
  /** The run as it stood, by time; the first is its beginning. */
  private readonly moments = new Map<number, World>();
  /** Worlds that were run to their end. */
  runs = 0;

  constructor(asked: Asked, fingerprint: Fingerprint) {
    this.asked = asked;
    this.fingerprint = fingerprint;
    this.endUs = usOfMs(asked.scenario.durationMs);
    // What else is judged costs time and says nothing here.
    const { world } = begin({ ...asked, scenario: { ...asked.scenario, checks: [fingerprint.property] }, engine: 'compiled' });
    this.moments.set(0, world);
  }

  /** What the run itself comes to; undefined when it does not violate what was asked for. */
  ownEvidence(): Evidence | undefined {
    return this.evidenceAtEnd(this.at(0).fork());
  }

  /**
   * Futures number `first` to `first + count - 1` from `atUs` on. With `untilEscaped`, no more after one that escapes. While nothing
   * happens they stay the same ones: what they come to changes where the run has a step, and nowhere else.
   */
  take(atUs: number, count: number, { first = 0, untilEscaped = false } = {}): Share {
    const moment = this.at(atUs);
    let violated = 0;
    for (let i = 0; i < count; i += 1) {
      const future = moment.fork(`${this.asked.seed}/future/${moment.nextAtUs}/${first + i}`);
      if (this.faultsToCome === 'spared') {
        assert(future.director instanceof Plan, 'a run has its plan');
        future.director.spareAfter(atUs);
      }
      if (this.evidenceAtEnd(future) !== undefined) violated += 1;
      else if (untilEscaped) return { violated, futures: i + 1 };
    }
    return { violated, futures: count };
  }

  /** When the run has steps after `afterUs` and up to `untilUs`, rising: between two of them it stands still. */
  timesBetween(afterUs: number, untilUs: number): readonly number[] {
    const world = this.at(afterUs).fork();
    const times: number[] = [];
    for (let nextUs = world.nextAtUs; nextUs <= untilUs; nextUs = world.nextAtUs) {
      times.push(nextUs);
      world.runUntil(nextUs);
    }
    return times;
  }

  /** What happened in the run after `afterUs` and up to `untilUs`. */
  traceBetween(afterUs: number, untilUs: number): readonly TraceLine[] {
    const world = this.at(afterUs).fork();
    const lines: TraceLine[] = [];
    world.tracer = (line) => void lines.push(line);
    world.runUntil(untilUs);
    return lines;
  }

  nodeName(index: number): string {
    return this.at(0).nodeName(index);
  }

  /** The run as it stood at `atUs`, everything that happened at that time included. Not to be run. */
  private at(atUs: number): World {
    const known = this.moments.get(atUs);
    if (known !== undefined) return known;
    const before = [...this.moments.keys()].reduce((latest, time) => (time <= atUs && time > latest ? time : latest), 0);
    const world = (this.moments.get(before) as World).fork();
    world.runUntil(atUs);
    this.moments.set(atUs, world);
    return world;
  }

  /** An error of ours ends a future, and shows nothing: it counts as one that escapes. */
  private evidenceAtEnd(world: World): Evidence | undefined {
    this.runs += 1;
    try {
      world.runUntil(this.endUs);
    } catch (error) {
      if (error instanceof RunFailed) return undefined;
      throw error;
    }
    const { monitor } = world;
    assert(monitor instanceof CheckerMonitor, 'a run is watched by its checkers');
    return evidenceOf(this.fingerprint, monitor.verdicts(world.nowUs), this.asked.scenario);
  }
}
