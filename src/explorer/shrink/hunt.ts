/**
 * The state of a shrink: the smallest closed scenario so far that still shows the violation, and what was tried. A pass
 * proposes a smaller one; it becomes the best when a run of it shows a violation with the same fingerprint. No scenario is
 * run twice.
 *
 * Knows no wall clock: whoever has one ends the shrink through `mayGoOn`.
 */
import type { Evidence } from '../../history/verdict.ts';
import { hashString, hex64 } from '../../kernel/hash.ts';
import { parseScenario } from '../../scenarios/parse.ts';
import type { Execute, RunResult } from '../../scenarios/run-record.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { writeScenario } from '../../scenarios/write-scenario.ts';
import { requestOfClosed } from '../request.ts';
import { evidenceOf, type Fingerprint } from './fingerprint.ts';

export interface Shown {
  readonly scenario: Scenario;
  readonly result: RunResult;
  readonly evidence: Evidence;
}

export interface HuntOptions {
  readonly execute: Execute;
  readonly fingerprint: Fingerprint;
  /** Most runs. */
  readonly runs: number;
  /** Asked before each run. */
  readonly mayGoOn: () => boolean;
}

/** Beside the seed of the run. */
const OTHER_SEEDS = [1, 2];

export class Hunt {
  readonly fingerprint: Fingerprint;
  /** Runs that were executed. */
  runs = 0;
  /** Proposals that had been tried before. */
  known = 0;
  best: Shown;
  private readonly options: HuntOptions;
  private readonly firstSeed: string;
  private readonly tried = new Set<string>();
  private passEnd = Number.MAX_SAFE_INTEGER;
  /** The pass wanted more runs than it had. */
  private isCutShort = false;

  constructor(first: Shown, options: HuntOptions) {
    this.best = first;
    this.options = options;
    this.firstSeed = first.scenario.seed ?? '';
    this.fingerprint = options.fingerprint;
    this.tried.add(keyOf(first.scenario));
  }

  /** Whether there are runs left for the pass and for the whole. */
  readonly mayGoOn = (): boolean => {
    const isLeft = this.runs < Math.min(this.passEnd, this.options.runs) && this.options.mayGoOn();
    this.isCutShort ||= !isLeft;
    return isLeft;
  };

  get scenario(): Scenario {
    return this.best.scenario;
  }

  /** Runs a pass with at most `share` of all the runs that the hunt has. False when it wanted more. */
  pass(share: number, work: () => void): boolean {
    this.passEnd = this.runs + Math.ceil(this.options.runs * share);
    this.isCutShort = false;
    work();
    this.passEnd = Number.MAX_SAFE_INTEGER;
    return !this.isCutShort;
  }

  /** Takes `scenario` for the best if it shows the violation. For parts of what was there: those are scenarios, too. */
  attempt(scenario: Scenario): boolean {
    if (!this.mayGoOn() || !this.isNew(scenario)) return false;
    this.runs += 1;
    const shown = show(scenario, this.options);
    if (shown === undefined) return false;
    this.best = shown;
    return true;
  }

  /**
   * The same for a large cut, which moves everything that comes after it in time: where the scenario does not show the
   * violation under its own seed it may under another one. What a seed still decides is when messages arrive, for faults
   * and records are written out; when they take the same time, all of them, it decides too little.
   */
  attemptCut(scenario: Scenario): boolean {
    const own = scenario.seed ?? '';
    if (hasPlainDeliveries(scenario)) return this.attempt(scenario);
    const seeds = [own, ...[this.firstSeed, ...OTHER_SEEDS.map((number) => `${this.firstSeed}-${number}`)].filter((seed) => seed !== own)];
    return seeds.some((seed) => this.attempt({ ...scenario, seed }));
  }

  /** The same for a scenario with something else in it: what the language does not allow is no proposal, and costs no run. */
  attemptChanged(scenario: Scenario): boolean {
    const parsed = parseScenario({ file: 'proposal.yaml', content: writeScenario(scenario) });
    return 'value' in parsed && this.attempt(parsed.value);
  }

  private isNew(scenario: Scenario): boolean {
    const key = keyOf(scenario);
    const { size } = this.tried;
    this.tried.add(key);
    if (this.tried.size > size) return true;
    this.known += 1;
    return false;
  }

  /** Attempts each change of the best in turn. A change that has nothing to offer gives undefined. */
  attemptEach(changes: readonly ((scenario: Scenario) => Scenario | undefined)[]): void {
    for (const change of changes) {
      const changed = change(this.scenario);
      if (changed !== undefined) this.attemptChanged(changed);
    }
  }
}

/** Every message takes as long as any other, and none is lost. */
function hasPlainDeliveries({ network: { latency, loss } }: Scenario): boolean {
  return latency.minUs === latency.maxUs && loss.numerator === 0;
}

/** Whether the language allows it. */
export function reads(scenario: Scenario): boolean {
  return 'value' in parseScenario({ file: 'proposal.yaml', content: writeScenario(scenario) });
}

/** 64 bits of the whole scenario: two of a few hundred proposals never meet. */
function keyOf(scenario: Scenario): string {
  const text = JSON.stringify(scenario);
  return hex64(hashString(text, 1), hashString(text, 2));
}

/** The run of a closed scenario, if it shows the violation. An error of ours ends a run, and shows nothing. */
export function show(scenario: Scenario, { execute, fingerprint }: Pick<HuntOptions, 'execute' | 'fingerprint'>): Shown | undefined {
  try {
    const result = execute(requestOfClosed(scenario));
    const evidence = evidenceOf(fingerprint, result.verdicts, scenario);
    return evidence === undefined ? undefined : { scenario, result, evidence };
  } catch {
    return undefined;
  }
}
