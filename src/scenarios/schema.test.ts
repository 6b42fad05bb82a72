import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { BUILT_INS, builtInScenario } from './catalogue/catalogue.ts';
import { planFaults } from './nemesis.ts';
import { formatProblem, parseScenario } from './parse.ts';
import { scenarioJsonSchema } from './schema.ts';
import { expandWorkload } from './workload.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const exampleFiles = readdirSync(EXAMPLES).filter((file) => file.endsWith('.yaml')).sort();
const texts = [...BUILT_INS.map(({ name, text }) => ({ name, text })), ...exampleFiles.map((file) => ({ name: `examples/${file}`, text: readFileSync(EXAMPLES + file, 'utf8') }))];

/** An evaluator of JSON Schema that is not ours: zod's own. */
const validator = z.fromJSONSchema(scenarioJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);

function isValid(text: string): boolean {
  return validator.safeParse(parse(text)).success;
}

describe('the JSON Schema of scenarios', () => {
  it.each(texts)('accepts $name', ({ text }) => {
    expect(validator.safeParse(parse(text)).error?.issues).toBeUndefined();
  });

  it.each([
    ['an unknown key', 'duration:', 'duratoin:'],
    ['a duration without a unit', 'duration: 4m', 'duration: 4'],
    ['an unknown config', 'acks: all', 'akcs: all'],
    ['a choice that is none', 'earliest', 'earlyest'],
    ['too many brokers', 'brokers: 3', 'brokers: 300'],
    ['a workload of no kind', 'every: 500ms', 'evry: 500ms'],
  ])('refuses %s, as the parser does', (_, good, bad) => {
    const { text } = BUILT_INS.find((each) => each.name === 'quickstart') as { text: string };
    expect(isValid(text)).toBe(true);
    expect(text).toContain(good);
    expect(isValid(text.replace(good, bad))).toBe(false);
    expect(parseScenario({ file: 'x.yaml', content: text.replace(good, bad) })).toHaveProperty('problems');
  });

  it('says of every key what it is for', () => {
    const undocumented: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties } = schema as { properties?: Record<string, { description?: string }> };
      for (const [key, property] of Object.entries(properties ?? {})) if ((property.description ?? '') === '') undocumented.push(`${path}.${key}`);
      for (const [key, member] of Object.entries(schema)) visit(member, `${path}.${key}`);
    };
    visit(scenarioJsonSchema(), '');
    expect(undocumented).toEqual([]);
  });
});

describe('the built-in scenarios', () => {
  it.each(BUILT_INS)('$name is free of mistakes, named as it is listed, and explains itself', ({ name, text, files }) => {
    const result = parseScenario({ file: `${name}.yaml`, content: text, load: (path) => files[path] ?? null });
    expect('problems' in result ? result.problems.map(formatProblem) : []).toEqual([]);
    const scenario = builtInScenario(name);
    expect(scenario?.name).toBe(name);
    expect(scenario?.description.length).toBeGreaterThan(80);
  });

  it('trucks_gps is the fleet of the README: 25 trucks, 10 partitions, two readers, an hour', () => {
    const scenario = builtInScenario('trucks_gps');
    if (scenario === undefined) throw new Error('trucks_gps is gone');
    expect(scenario.topics).toEqual([{ name: 'gps', partitions: 10, replicationFactor: 3, assignment: null, config: { 'min.insync.replicas': 2 } }]);
    expect(scenario.consumers.map((consumer) => consumer.name)).toEqual(['location-dashboard', 'notification-service']);
    const operations = expandWorkload(scenario, '42');
    expect(new Set(operations.map((operation) => operation.key)).size).toBe(25);
    // 25 trucks, every 20 s for 55 min less the first 5 s.
    expect(operations.length).toBeGreaterThan(25 * 163);
    expect(planFaults(scenario, '42').length).toBeGreaterThanOrEqual(10);
  });

  it('small_faulty_cluster draws another plan for every seed, power loss among them', () => {
    const scenario = builtInScenario('small_faulty_cluster');
    if (scenario === undefined) throw new Error('small_faulty_cluster is gone');
    const plans = Array.from({ length: 50 }, (_, seed) => planFaults(scenario, String(seed)));
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBeGreaterThan(40);
    expect(plans.flat().some((fault) => fault.kind === 'powerLoss')).toBe(true);
    expect(plans.some((plan) => plan.length === 0)).toBe(true);
  });
});

describe('the examples', () => {
  const load = (path: string): string => readFileSync(EXAMPLES + path, 'utf8');

  it.each(exampleFiles)('%s is free of mistakes', (file) => {
    const result = parseScenario({ file, content: load(file), load });
    expect('problems' in result ? result.problems.map(formatProblem) : []).toEqual([]);
  });

  it('trips_from_file is the built-in scenario of that name, with its rows', () => {
    const builtIn = BUILT_INS.find((each) => each.name === 'trips_from_file');
    expect(load('trips_from_file.yaml')).toBe(builtIn?.text);
    expect(load('trips.ndjson')).toBe(builtIn?.files['trips.ndjson']);
  });

  it('trips.csv holds the rows of trips.ndjson', () => {
    const scenarioWith = (file: string) => {
      const result = parseScenario({ file, content: load('trips_from_file.yaml').replace('records: trips.ndjson', `records: ${file}`), load });
      if ('problems' in result) throw new Error(result.problems.map(formatProblem).join('\n'));
      return result.value;
    };
    expect(expandWorkload(scenarioWith('trips.csv'), '1')).toEqual(expandWorkload(scenarioWith('trips.ndjson'), '1'));
  });
});
