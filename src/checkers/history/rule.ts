/**
 * What a rule over a history is: one anomaly, looked for in the history alone. A rule says what it found; whether that is a
 * violation depends on what the configuration allows, which the header of the history says, or whoever judges a run.
 *
 * Some anomalies are always allowed, since Kafka never promises their absence; they are counted. Some are judged only where
 * their absence is promised: a poll that came too early is no lost record.
 *
 * Source: Jepsen's Kafka workload (allowed-error-types); H-01..H-28.
 */
import { topicOfKey } from '../../history/recorded/operations.ts';
import type { HistoryHeader, Key, Value } from '../../history/recorded/operations.ts';
import { usOfNs } from '../../history/recorded/of-run.ts';
import type { Verdict } from '../../history/verdict.ts';
import { Findings } from '../findings.ts';
import type { Finding } from '../findings.ts';
import type { Prepared } from './prepared.ts';

/** never: a bug unless it is allowed. promised: one only where it is promised. always: none. measured: nothing can be wrong. */
export type Standing = 'never' | 'promised' | 'always' | 'measured';

export interface HistoryRule {
  /** The anomaly, by Jepsen's name where Jepsen has one. */
  readonly name: string;
  /** That it does not occur, in one sentence. */
  readonly claim: string;
  readonly source: string;
  readonly standing: Standing;
  /** Why it is no bug, of those that are always allowed. */
  readonly because?: string;
  /** Reports to `judgement`; gives what was missing where nothing was compared. O(n log n) in the operations. */
  readonly check: (prepared: Prepared, judgement: Judgement) => string;
}

/** What an anomaly is about. */
export interface Concern {
  readonly key: Key | null;
  readonly offset?: number | null;
  readonly value?: Value;
  readonly client?: string;
}

/** Why an anomaly is no bug; undefined when it is one. */
export type Excuse = (concern: Concern, rule: HistoryRule) => string | undefined;

/** What one rule found in one history. */
export class Judgement {
  compared = 0;
  readonly remarks: string[] = [];
  private readonly rule: HistoryRule;
  private readonly excuse: Excuse;
  private readonly findings = new Findings();

  constructor(rule: HistoryRule, excuse: Excuse) {
    this.rule = rule;
    this.excuse = excuse;
  }

  anomaly(concern: Concern, timeNs: number, finding: () => Finding): void {
    const reason = this.excuse(concern, this.rule);
    if (reason === undefined) this.findings.violated(usOfNs(timeNs), finding);
    else this.findings.expect(1, reason);
  }

  /** An anomaly for which the history itself has the reason. */
  expected(reason: string): void {
    this.findings.expect(1, reason);
  }

  get violations(): number {
    return this.findings.violations;
  }

  verdict(vacuity: string): Verdict {
    this.findings.compared = this.compared;
    return this.findings.verdict(this.rule, vacuity, this.remarks);
  }
}

/** What the header of a history allows, and the standing of the rule. */
export function allowedByHeader({ allows = [], promises = [] }: HistoryHeader): Excuse {
  return ({ key }, { name, standing, because }) => {
    const topic = key === null ? undefined : topicOfKey(key);
    const allowance = allows.find(({ anomaly, topics }) => anomaly === name && (topics === undefined || (topic !== undefined && topics.includes(topic))));
    if (allowance !== undefined) return allowance.reason;
    if (standing === 'always') return because ?? 'Kafka never promises its absence';
    if (standing === 'promised' && !promises.includes(name)) return 'nobody promises its absence';
    return undefined;
  };
}

/** The same, for a run that knows more of what happened. */
export function judge(rule: HistoryRule, prepared: Prepared, excuse: Excuse = allowedByHeader(prepared.header)): Verdict {
  const judgement = new Judgement(rule, excuse);
  return judgement.verdict(rule.check(prepared, judgement));
}

/** A value as a sentence shows it. */
export function said(value: Value): string {
  return JSON.stringify(value);
}
