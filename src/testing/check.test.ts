import { describe, expect, it } from 'vitest';
import { parseScenario } from '../scenarios/parse.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { FAILURES, PropertyVacuous, PropertyViolated, check } from './check.ts';
import { configurations, faultPlans } from './arbitraries.ts';
import type { TestOutside } from './outside.ts';
import { run } from './vitest.ts';

const written = (acks: string, change = ''): string => `
scenario: orders
duration: 40s
cluster: { brokers: 3, config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 300, replica.lag.time.max.ms: 2000 } }
topics: [{ name: orders, partitions: 1, replicationFactor: 3, config: { min.insync.replicas: 2 } }]
producers: [{ name: shop, config: { acks: ${acks}, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 6000, max.block.ms: 3000 } }]
workload: [{ producer: shop, topic: orders, every: 50ms, key: "customer-{i}" }]
nemesis: { kinds: [crash, powerLoss, isolate, slow], maxDown: 1, meanInterval: 3s, faultDuration: { min: 1s, max: 6s }, quietAfter: 25s }
mustSurvive: every-ack
${change}`;
const HOLDS = ['acknowledged-records-survive'];

function scenarioOf(content: string): Scenario {
  const parsed = parseScenario({ file: 'orders.yaml', content });
  if ('problems' in parsed) throw new Error(parsed.problems[0]?.message);
  return parsed.value;
}

class MemoryOutside implements TestOutside {
  readonly files = new Map<string, string>();
  private readonly value: number;

  constructor(value = 5) {
    this.value = value;
  }

  seed(): number {
    return this.value;
  }

  readFolder(folder: string, ending: string) {
    return [...this.files].filter(([path]) => path.startsWith(`${folder}/`) && path.endsWith(ending)).map(([path, text]) => ({ path, text }));
  }

  readFile(path: string): string | null {
    return this.files.get(path) ?? null;
  }

  write(folder: string, name: string, text: string): string {
    this.files.set(`${folder}/${name}`, text);
    return `${folder}/${name}`;
  }
}

function violationOf(action: () => unknown): PropertyViolated {
  try {
    action();
  } catch (error) {
    if (error instanceof PropertyViolated) return error;
    throw error;
  }
  throw new Error('nothing was violated');
}

describe('a property that does not hold', () => {
  const outside = new MemoryOutside();
  const options = { name: 'no order is lost', scenario: written('1'), holds: HOLDS, regressions: 'regressions' };
  const violated = violationOf(() => check(options, outside));

  it('says in one sentence what was lost, shows the minimal plan, and how to see it again', () => {
    const lines = violated.message.split('\n');
    expect(lines[0]).toMatch(/^PROPERTY acknowledged-records-survive violated after [0-9]+ cases?, shrunk in [0-9]+ runs$/);
    expect(lines[1]).toContain(`${violated.shrunk.evidence.sentence}.`);
    expect(lines).toContain('  again:  HARROW_SEED=5');
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}config: producer shop: acks=1/));
    expect(violated.shrunk.after.faults).toBeLessThanOrEqual(3);
    expect(violated.shrunk.after.records).toBeLessThanOrEqual(5);
    expect(lines.length).toBeLessThan(20);
  });

  it('leaves the minimal scenario and a plan, both of which read', () => {
    const [minimal, plan] = [...outside.files.keys()] as [string, string];
    expect(minimal).toMatch(new RegExp(`^${FAILURES}/no-order-is-lost-[0-9a-f]{8}\\.min\\.yaml$`));
    expect(violated.message).toContain(`replay: npx harrow run ${minimal}`);
    expect(violated.message).toContain(`keep:   mkdir -p regressions && cp ${plan} regressions/`);
    for (const path of [minimal, plan]) expect(parseScenario({ file: path, content: outside.files.get(path) as string })).toHaveProperty('value');
  });

  it('fails first of all by the plan once that is committed, and holds once the configuration is right', () => {
    const plan = [...outside.files].find(([path]) => path.endsWith('.plan.yaml')) as [string, string];
    outside.files.set('regressions/lost.plan.yaml', plan[1]);
    expect(violationOf(() => check(options, outside)).message).toMatch(/^PROPERTY acknowledged-records-survive violated by the regression regressions\/lost\.plan\.yaml, /);
    const checked = check({ ...options, scenario: written('all'), runs: 8 }, outside);
    expect(checked).toMatchObject({ cases: 8, regressions: 1 });
    expect(checked.compared['acknowledged-records-survive']).toBeGreaterThan(1_000);
    expect(checked.faults).toBeGreaterThan(8);
  });

  it('is the same failure for the same seed', () => {
    expect(violationOf(() => check({ ...options, regressions: 'none' }, new MemoryOutside())).shrunk.text).toBe(violated.shrunk.text);
  });

  it('tells of a plan that does not fit the scenario any more', () => {
    const other = new MemoryOutside();
    other.files.set('regressions/odd.plan.yaml', written('1').replace('nemesis: ', 'faults: [{ at: 1s, crash: broker-3 }]\nseed: 1\nnemesis: '));
    expect(() => check({ ...options, scenario: written('all').replace('brokers: 3', 'brokers: 2').replace('replicationFactor: 3', 'replicationFactor: 2') }, other)).toThrow('regressions/odd.plan.yaml does not fit the scenario any more');
  });
});

it('a plan that failed with a drawn configuration fails with it again', () => {
  const outside = new MemoryOutside();
  const scenario = scenarioOf(written('all'));
  const options = { name: 'drawn', scenario, holds: HOLDS, regressions: 'regressions', configurations: configurations(scenario, { producer: { acks: [1] } }), shrinkRuns: 20 };
  violationOf(() => check(options, outside));
  const [, plan] = [...outside.files].find(([path]) => path.endsWith('.plan.yaml')) as [string, string];
  outside.files.set('regressions/drawn.plan.yaml', plan);
  expect(violationOf(() => check(options, outside)).message).toContain('violated by the regression regressions/drawn.plan.yaml');
  // Where nothing is drawn, the configuration is that of the scenario as it is now.
  expect(check({ name: 'drawn', scenario, holds: HOLDS, regressions: 'regressions', runs: 1 }, outside)).toMatchObject({ regressions: 1 });
});

describe('a property that is not put to the test', () => {
  it('fails when nothing was compared', () => {
    expect(() => check({ scenario: written('all').replace(/workload: .*\n/, ''), holds: HOLDS, runs: 2 }, new MemoryOutside())).toThrow(PropertyVacuous);
  });

  it('fails when nothing was judged, and is refused when nothing is to be', () => {
    expect(() => check({ scenario: { ...scenarioOf(written('all')), checks: [] }, runs: 2 }, new MemoryOutside())).toThrow('no property was judged in 2 cases');
    expect(() => check({ scenario: written('all'), holds: [] }, new MemoryOutside())).toThrow('holds: no property is named');
    expect(() => check({ scenario: written('all'), holds: HOLDS, runs: 0 }, new MemoryOutside())).toThrow('runs: 0; expected a whole number from 1 on');
  });

  it('fails when no fault took effect', () => {
    const scenario = written('all').replace(/nemesis: .*\n/, 'faults: [{ at: 1s, heal: network }]\n');
    expect(() => check({ scenario, holds: HOLDS, runs: 2 }, new MemoryOutside())).toThrow('none of 2 faults took effect');
  });

  it('is refused by a name that is none, and by a scenario that does not read', () => {
    expect(() => check({ scenario: written('all'), holds: ['acknowledged-record-survives'] }, new MemoryOutside())).toThrow('did you mean acknowledged-records-survive?');
    expect(() => check({ scenario: 'scenario: a', holds: HOLDS }, new MemoryOutside())).toThrow('duration');
  });
});

it('a drawn plan is the plan that runs', () => {
  const parsed = parseScenario({ file: 'a', content: written('1') });
  if (!('value' in parsed)) throw new Error('the scenario reads');
  const checked = check({ scenario: parsed.value, holds: ['type-ok'], faults: faultPlans(parsed.value, { kinds: ['pause'], max: 2 }), runs: 6 }, new MemoryOutside());
  expect(checked.faults).toBeLessThanOrEqual(12);
});

describe('the matchers', () => {
  const lost = run(written('1', 'seed: 1\n').replace(/nemesis: .*\n/, 'faults: [{ at: 5s, slow: { from: broker-*, to: broker-* }, add: 1s, for: 20s }, { at: 12s, crash: broker-1 }, { at: 12s, crash: broker-2, restartAfter: 10s }]\n'));

  it('say what was violated, and what was not', () => {
    expect(lost).toTakeEffect();
    expect(lost).toHold('type-ok');
    expect(() => expect(lost).toHold('no-such-property')).toThrow('toHold: no property "no-such-property"');
    expect(() => expect(lost).toHold('at-most-once')).toThrow('at-most-once was not judged');
    expect(() => expect(lost).toViolate('type-ok')).toThrow('expected type-ok to be violated, and it was held');
    expect(lost).not.toViolate('type-ok');
    expect(() => expect(lost).not.toViolate('type-oky')).toThrow('did you mean type-ok?');
    expect(() => expect(lost).not.toViolate('at-most-once')).toThrow('expected at-most-once not to be violated, and it was never put to the test: not judged');
    const { verdicts } = lost;
    const violated = { ...lost, verdicts: verdicts.map((verdict) => (verdict.property === 'type-ok' ? { ...verdict, verdict: 'violated' as const, evidence: [{ atUs: 1, sentence: 'it is odd', details: {} }] } : verdict)) };
    expect(violated).toViolate('type-ok');
    expect(() => expect(violated).not.toViolate('type-ok')).toThrow('expected type-ok not to be violated:');
    expect(() => expect(violated).toHold('type-ok')).toThrow('type-ok: it is odd');
    expect(() => expect({ ...lost, verdicts: [] }).toHold()).toThrow('nothing was judged');
  });
});
