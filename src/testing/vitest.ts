/**
 * `harrow/testing/vitest`: a property as a test, and matchers for the result of one run.
 *
 *   property('no acknowledged order is lost', { scenario, holds: ['acknowledged-records-survive'] });
 *   expect(run(scenario)).toHold('acknowledged-records-survive');
 */
import { expect, test } from 'vitest';
import type { RunResult } from '../scenarios/run-record.ts';
import { check, mustBeProperties, type PropertyOptions } from './check.ts';

export * from './index.ts';

const DEFAULT_TIMEOUT_MS = 120_000;

/** A test that checks the property; see {@link PropertyOptions}. */
export function property(title: string, options: PropertyOptions & { readonly timeoutMs?: number }): void {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, ...rest } = options;
  test(title, { timeout: timeoutMs }, () => {
    check({ name: title, ...rest });
  });
}

interface Matched {
  readonly pass: boolean;
  readonly message: () => string;
}

function sentencesOf({ verdicts }: RunResult, properties: readonly string[]): string[] {
  return verdicts.filter(({ property: name, verdict }) => verdict === 'violated' && (properties.length === 0 || properties.includes(name))).map(({ property: name, evidence }) => `${name}: ${evidence[0]?.sentence ?? ''}`);
}

/** Every property named, or every one that was judged, held, and compared something. */
function toHold(result: RunResult, ...properties: readonly string[]): Matched {
  mustBeProperties('toHold', properties);
  const judged = result.verdicts.filter(({ property: name }) => properties.length === 0 || properties.includes(name));
  const violated = sentencesOf(result, properties);
  const vacuous = judged.filter(({ verdict }) => verdict === 'vacuous').map(({ property: name }) => `${name} was never put to the test`);
  const missing = properties.filter((name) => judged.every((verdict) => verdict.property !== name)).map((name) => `${name} was not judged`);
  const wrong = [...violated, ...vacuous, ...missing];
  const pass = wrong.length === 0 && judged.length > 0;
  return { pass, message: () => (pass ? `expected one of ${judged.map(({ property: name }) => name).join(', ')} not to hold` : `expected ${properties.length === 0 ? 'every property' : properties.join(', ')} to hold:\n  ${wrong.join('\n  ') || 'nothing was judged'}`) };
}

/** Not to be violated is to have been put to the test, too. */
function toViolate(this: { readonly isNot?: boolean }, result: RunResult, name: string): Matched {
  mustBeProperties('toViolate', [name]);
  const sentences = sentencesOf(result, [name]);
  const verdict = result.verdicts.find(({ property: each }) => each === name)?.verdict ?? 'not judged';
  if (this.isNot === true && sentences.length === 0) return { pass: verdict !== 'held', message: () => `expected ${name} not to be violated, and it was never put to the test: ${verdict}` };
  return { pass: sentences.length > 0, message: () => (sentences.length > 0 ? `expected ${name} not to be violated:\n  ${sentences.join('\n  ')}` : `expected ${name} to be violated, and it was ${verdict}`) };
}

/** Every fault of the plan took effect. */
function toTakeEffect(result: RunResult): Matched {
  const idle = result.faults.filter(({ outcome }) => outcome === 'noEffect').map(({ fault, reason }) => `${fault.kind} at ${fault.atMs} ms: ${reason ?? ''}`);
  return { pass: idle.length === 0 && result.faults.length > 0, message: () => (result.faults.length === 0 ? 'expected faults to take effect, and none was due' : `expected every fault to take effect:\n  ${idle.join('\n  ')}`) };
}

expect.extend({ toHold, toViolate, toTakeEffect });

declare module 'vitest' {
  // oxlint-disable-next-line typescript/no-explicit-any -- vitest's own declaration has this parameter, and merging needs the same
  interface Matchers<T = any> {
    toHold(...properties: readonly string[]): T;
    toViolate(property: string): T;
    toTakeEffect(): T;
  }
}
