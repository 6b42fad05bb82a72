import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_INS } from './catalogue/catalogue.ts';
import { formatProblem, nemesisOfKinds, parseFaultPlan, parseScenario } from './parse.ts';
import type { ScenarioSource } from './parse.ts';
import { DEFAULT_PROFILE, PROFILE_NAMES } from './profiles.ts';
import { PROPERTY_NAMES } from './properties.ts';
import type { Scenario } from './scenario.ts';

const SMALL = `scenario: small
duration: 60s
cluster: { brokers: 3 }
topics: [ { name: gps } ]
`;

function parsed(content: string, load?: ScenarioSource['load']): Scenario {
  const result = parseScenario({ file: 'small.yaml', content, ...(load === undefined ? {} : { load }) });
  if ('problems' in result) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.value;
}

function problemsOf(content: string | Uint8Array, load?: ScenarioSource['load']): readonly string[] {
  const result = parseScenario({ file: 'small.yaml', content, ...(load === undefined ? {} : { load }) });
  return 'problems' in result ? result.problems.map(formatProblem) : [];
}

describe('a scenario is resolved completely', () => {
  it('what is not written has the documented default', () => {
    expect(parsed(SMALL)).toEqual({
      name: 'small', description: '', profile: DEFAULT_PROFILE, seed: null, durationMs: 60_000,
      cluster: { brokers: 3, controllers: 1, combined: false, config: {} },
      topics: [{ name: 'gps', partitions: 1, replicationFactor: 1, assignment: null, config: {} }],
      producers: [], consumers: [], workload: [],
      network: {
        mode: 'connection', latency: { minUs: 200, maxUs: 1_000, tailUs: 20_000, tailRatio: { numerator: 1, denominator: 1_000 } },
        loss: { numerator: 0, denominator: 1 }, duplicate: { numerator: 0, denominator: 1 }, reorder: { numerator: 0, denominator: 1 }, reorderWithinUs: 0,
      },
      disk: { flushLatency: { minUs: 1_000, maxUs: 8_000 } },
      admin: [], faults: [], nemesis: null, mustSurvive: 'acks-all', checks: null,
    });
  });

  it('topics take their partitions and replicas from the broker configs, as Kafka does', () => {
    const scenario = parsed(SMALL.replace('{ brokers: 3 }', '{ brokers: 3, config: { num.partitions: 6, default.replication.factor: 2 } }'));
    expect(scenario.topics[0]).toMatchObject({ partitions: 6, replicationFactor: 2 });
  });

  it('a group of producers becomes numbered nodes, and a single one keeps its name', () => {
    const scenario = parsed(`${SMALL}producers: [ { name: truck, count: 3 }, { name: depot, bootstrap: broker-2 } ]\n`);
    expect(scenario.producers.map((producer) => producer.nodes)).toEqual([['truck-1', 'truck-2', 'truck-3'], ['depot']]);
    expect(scenario.producers.map((producer) => producer.bootstrap)).toEqual([['broker-1', 'broker-2', 'broker-3'], ['broker-2']]);
  });

  it('a workload leaves the last ten seconds, or a fifth of a short run, to deliver what was sent', () => {
    const text = `${SMALL}producers: [ { name: a } ]\nworkload: [ { producer: a, topic: gps, every: 1s } ]\n`;
    expect(parsed(text).workload[0]).toMatchObject({ untilMs: 50_000 });
    expect(parsed(text.replace('60s', '10s')).workload[0]).toMatchObject({ untilMs: 8_000 });
  });

  it('patterns become node names, and one fault on several nodes becomes one fault each', () => {
    const scenario = parsed(`${SMALL}faults:
  - { at: 9s, crash: broker-* }
  - { at: 1s, crash: [broker-3, broker-1], restartAfter: 2s }
  - { at: 2s, oneWay: { from: "*", to: broker-1 }, for: 1s }
`);
    expect(scenario.faults).toEqual([
      { atMs: 1_000, kind: 'crash', node: 'broker-1', restartAfterMs: 2_000 },
      { atMs: 1_000, kind: 'crash', node: 'broker-3', restartAfterMs: 2_000 },
      { atMs: 2_000, kind: 'oneWay', from: ['admin-1', 'broker-1', 'broker-2', 'broker-3', 'controller-1'], to: ['broker-1'], forMs: 1_000 },
      { atMs: 9_000, kind: 'crash', node: 'broker-1', restartAfterMs: null },
      { atMs: 9_000, kind: 'crash', node: 'broker-2', restartAfterMs: null },
      { atMs: 9_000, kind: 'crash', node: 'broker-3', restartAfterMs: null },
    ]);
  });

  it('a stop and a rolling restart wait a minute before they kill, and a rolling restart keeps the order in which its nodes are written', () => {
    const scenario = parsed(`${SMALL}faults:
  - { at: 1s, stop: broker-2 }
  - { at: 2s, stop: broker-2, restartAfter: 3s, killAfter: 10s }
  - { at: 3s, rollingRestart: [broker-3, broker-*], every: 10s, restartAfter: 0s }
`);
    expect(scenario.faults).toEqual([
      { atMs: 1_000, kind: 'stop', node: 'broker-2', restartAfterMs: null, killAfterMs: 60_000 },
      { atMs: 2_000, kind: 'stop', node: 'broker-2', restartAfterMs: 3_000, killAfterMs: 10_000 },
      { atMs: 3_000, kind: 'rollingRestart', nodes: ['broker-3', 'broker-1', 'broker-2'], everyMs: 10_000, restartAfterMs: 0, killAfterMs: 60_000 },
    ]);
  });

  it('a latency written without a tail has none', () => {
    expect(parsed(`${SMALL}network: { latency: { min: 1ms, max: 1ms } }\n`).network.latency).toEqual({ minUs: 1_000, maxUs: 1_000, tailUs: 1_000, tailRatio: { numerator: 0, denominator: 1 } });
  });

  it('braces that are no placeholder, as in JSON, are text', () => {
    const scenario = parsed(`${SMALL}producers: [ { name: a } ]\nworkload: [ { producer: a, topic: gps, every: 1s, value: '{"i": {i}, "at": {"lat": 1}}' } ]\n`);
    expect(scenario.workload[0]).toMatchObject({ value: '{"i": {i}, "at": {"lat": 1}}' });
  });

  it('JSON is read as well as YAML, with or without a byte order mark and with Windows line ends', () => {
    const json = JSON.stringify({ scenario: 'small', duration: '60s', cluster: { brokers: 3 }, topics: [{ name: 'gps' }] }, null, 2);
    expect(parsed(json)).toEqual(parsed(SMALL));
    expect(parsed(`\uFEFF${SMALL}`)).toEqual(parsed(SMALL));
    expect(parsed(SMALL.replaceAll('\n', '\r\n'))).toEqual(parsed(SMALL));
  });

  it('the result cannot be changed', () => {
    const scenario = parsed(`${SMALL}faults: [ { at: 1s, heal: network } ]\n`);
    expect(() => (scenario.topics as unknown[]).push('x')).toThrow(TypeError);
    expect(() => Object.assign(scenario.faults[0] as object, { atMs: 2 })).toThrow(TypeError);
  });
});

describe('what is no scenario at all', () => {
  it('an empty file, or one of comments only, is said to be empty', () => {
    expect(problemsOf('')).toEqual(['small.yaml:1:1: the file is empty; expected a scenario']);
    expect(problemsOf('# nothing yet\n')).toEqual(['small.yaml:1:1: the file is empty; expected a scenario']);
  });

  it('bytes that are not UTF-8 are reported where they stand', () => {
    const latin1 = Uint8Array.from(Buffer.from(`${SMALL}description: L\xe4rm\n`, 'latin1'));
    expect(problemsOf(latin1)).toEqual(['small.yaml:5:15: not UTF-8 text: byte 0xe4; expected YAML or JSON in UTF-8']);
    expect(problemsOf(Uint8Array.from([0x61, 0x3a, 0x20, 0xc3]))).toEqual(['small.yaml:1:4: not UTF-8 text: byte 0xc3; expected YAML or JSON in UTF-8']);
  });

  it('a text or a list is no scenario', () => {
    expect(problemsOf('hello')[0]).toContain('small.yaml:1:1: got "hello"; expected a scenario with scenario, description,');
    expect(problemsOf('[1]')[0]).toContain('small.yaml:1:1: got a list; expected a scenario with');
  });

  it('nesting beyond any use is refused before it costs the stack', () => {
    expect(problemsOf('['.repeat(100_000))[0]).toContain('nested too deeply');
    expect(problemsOf('- '.repeat(100_000))[0]).toContain('nested too deeply');
    expect(problemsOf(`a: ${'{ a: '.repeat(40)}1${' }'.repeat(40)}`).join()).toContain('nested too deeply; expected at most 32 levels');
  });

  it('an alias bomb is refused at its first alias and never expanded', () => {
    const bomb = `a: &a [x, x]\nb: &b [${'*a, '.repeat(9)}*a]\nc: &c [${'*b, '.repeat(9)}*b]\nd: [${'*c, '.repeat(9)}*c]\n`;
    const problems = problemsOf(bomb);
    expect(problems.filter((problem) => problem.includes('alias *'))).toHaveLength(30);
  });

  it('keys that JavaScript treats specially are unknown keys like any other', () => {
    expect(problemsOf(`${SMALL}__proto__: { seed: 1 }\nconstructor: 1\n`).map((problem) => problem.split(';')[0])).toEqual([
      'small.yaml:5:1: __proto__: unknown key', 'small.yaml:6:1: constructor: unknown key',
    ]);
  });

  it('an unknown profile or property is answered with those there are', () => {
    const [check] = PROPERTY_NAMES as readonly [string];
    const mistyped = `${check.slice(0, -1)}x`;
    expect(problemsOf(`${SMALL}checks: [${mistyped}]\n`)).toEqual([expect.stringContaining(`small.yaml:5:10: checks[0]: no property "${mistyped}"; expected ${check}`)]);
    expect(problemsOf(`${SMALL}checks: [${mistyped}]\n`)[0]).toContain(`did you mean ${check}?`);
    expect(problemsOf(`${SMALL}checks: [${check}, ${check}]\n`)[0]).toContain(`property "${check}" twice`);
    expect(problemsOf(`${SMALL}profile: "3.99.1"\n`)[0]).toContain(`small.yaml:5:10: profile: got "3.99.1"; expected a profile: ${PROFILE_NAMES[0] as string}`);
    // YAML reads 3.9 as a number; 3.10 would become 3.1, so numbers are never taken.
    expect(problemsOf(`${SMALL}profile: 3.9\n`)[0]).toContain('did you mean "3.9", in quotes?');
    expect(problemsOf(`${SMALL}profile: 0.10\n`)[0]).toContain('did you mean "0.10", in quotes?');
    expect(problemsOf(`${SMALL}profile: 5\n`)[0]).not.toContain('in quotes');
  });

  it('an alias in the place of a required value is the one problem', () => {
    expect(problemsOf(SMALL.replace('scenario: small', 'scenario: *small'))).toEqual(['small.yaml:1:11: scenario: alias *small; expected the value itself: anchors and aliases are not part of the language']);
  });

  it('more nodes than a world may hold are refused', () => {
    expect(problemsOf(`${SMALL}producers: [ { name: a, count: 600 }, { name: b, count: 600 } ]\n`)).toEqual(['small.yaml:5:12: producers: 1205 nodes in all; expected at most 1000']);
  });

  it('problems of a records file come with the place in that file', () => {
    const text = `${SMALL}producers: [ { name: a } ]\nworkload: [ { producer: a, topic: gps, records: rows.ndjson } ]\n`;
    const load = (path: string): string | null => (path === 'rows.ndjson' ? '{"atMs": 1, "value": "x"}\n{"atMs": "soon", "value": "y"}\n' : null);
    expect(problemsOf(text, load)).toEqual(['rows.ndjson:2:10: atMs: got "soon"; expected the time in whole milliseconds from the start of the run']);
  });
});

describe('whatever is done to the text of a scenario', () => {
  const texts = BUILT_INS.map((builtIn) => builtIn.text);
  const edit = fc.record({ at: fc.nat(), length: fc.nat({ max: 12 }), insert: fc.oneof(fc.constantFrom('', '{', '}', '[', ']', ':', '- ', '\n', '  ', '"', '*', '&a ', '!x ', '-', '0', '.', '99999999999999999999', 'null', '~'), fc.string({ maxLength: 6 })) });

  it('a scenario comes out, or problems, each at a place within the text; it never throws', () => {
    let bad = 0;
    fc.assert(fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 }), (text, edits) => {
      const content = edits.reduce((edited, { at, length, insert }) => {
        const start = at % (edited.length + 1);
        return edited.slice(0, start) + insert + edited.slice(start + length);
      }, text);
      const result = parseScenario({ file: 'fuzz.yaml', content });
      if (!('problems' in result)) return;
      bad += 1;
      const lines = content.split('\n');
      expect(result.problems.length).toBeGreaterThan(0);
      for (const { line, column, message } of result.problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual((lines[line - 1] as string).length + 1);
        expect(message).not.toMatch(/undefined|\[object|Symbol/);
      }
    }), { numRuns: 500 });
    expect(bad).toBeGreaterThan(100);
  });
});

describe('a fault plan is read like the faults of its scenario', () => {
  const scenario = parsed(SMALL);

  it('as a list, or under faults', () => {
    const faults = [{ atMs: 1_000, kind: 'pause', node: 'broker-1', forMs: 2_000 }];
    expect(parseFaultPlan({ file: 'plan.yaml', content: '- { at: 1s, pause: broker-1, for: 2s }' }, scenario)).toEqual({ value: faults });
    expect(parseFaultPlan({ file: 'plan.yaml', content: 'faults:\n  - { at: 1s, pause: broker-1, for: 2s }' }, scenario)).toEqual({ value: faults });
  });

  it('with mistakes at their place', () => {
    const result = parseFaultPlan({ file: 'plan.yaml', content: '- { at: 1s, pause: broker-9, for: 2s }\n- { at: 2m, heal: network }' }, scenario);
    expect('problems' in result && result.problems.map(formatProblem)).toEqual([
      'plan.yaml:1:20: [0].pause: no node "broker-9"; expected admin-1, broker-1, broker-2, broker-3 or controller-1; did you mean broker-1?',
      'plan.yaml:2:9: [1].at: 2m is not before the end of the run; expected less than 1m',
    ]);
  });

  it('a nemesis of listed kinds keeps the budget of the scenario, and mistyped kinds are named', () => {
    const own = parsed(`${SMALL}nemesis: { maxDown: 2, kinds: [pause] }\n`);
    const result = nemesisOfKinds(['crash'], own);
    expect('value' in result && result.value).toMatchObject({ maxDown: 2, kinds: ['crash'] });
    const mistyped = nemesisOfKinds(['crush'], scenario);
    expect('problems' in mistyped && mistyped.problems[0]?.message).toContain('did you mean crash?');
  });
});
