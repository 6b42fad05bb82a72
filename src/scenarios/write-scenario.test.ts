import { describe, expect, it } from 'vitest';
import { BUILT_IN_NAMES, builtInScenario } from './catalogue/catalogue.ts';
import { ADMIN_DOCS } from './administration.ts';
import { FAULT_DOCS } from './faults.ts';
import { planFaults } from './nemesis.ts';
import { parseScenario } from './parse.ts';
import type { Scenario } from './scenario.ts';
import { drawSwarm } from './swarm.ts';
import { expandWorkload } from './workload.ts';
import { writeScenario } from './write-scenario.ts';

function read(content: string): Scenario {
  const parsed = parseScenario({ file: 'written.yaml', content });
  if ('problems' in parsed) throw new Error(`${content}\n${parsed.problems.map(({ line, message }) => `${line}: ${message}`).join('\n')}`);
  return parsed.value;
}

describe('a scenario written as text', () => {
  it.each(BUILT_IN_NAMES.filter((name) => name !== 'trips_from_file'))('reads back as it was: %s', (name) => {
    const scenario = builtInScenario(name) as Scenario;
    expect(read(writeScenario(scenario))).toEqual(scenario);
  });

  it('reads back as it was for whatever a swarm draws, its plan and its workload written out', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const { scenario } = drawSwarm(String(seed));
      expect(read(writeScenario(scenario))).toEqual(scenario);
      const faults = planFaults(scenario, String(seed));
      const rows = expandWorkload(scenario, String(seed)).filter(({ producer, topic }) => producer === 'producer-1' && topic === 'topic-1')
        .map(({ atUs, producer, key, value, partition }) => ({ atUs, from: producer, key, value, partition: partition ?? null }));
      const explicit: Scenario = { ...scenario, nemesis: null, faults, workload: [{ kind: 'sends', producer: 'producer-1', topic: 'topic-1', rows }] };
      expect(read(writeScenario(explicit))).toEqual(explicit);
    }
  });

  it('knows every kind of fault and of operation', () => {
    const examples = (docs: readonly { readonly example: string }[]): string => docs.map(({ example }) => `  - ${example.replaceAll('truck-1', 'shop').replaceAll('gps, partition: 0, to: [broker-2, broker-3, broker-4]', 'gps, partition: 0, to: [broker-2]')}`).join('\n');
    const scenario = read(`scenario: all
duration: 1h
cluster: { brokers: 4 }
topics: [{ name: gps, partitions: 2, replicationFactor: 2 }]
producers: [{ name: shop, count: 1 }]
faults:
${examples(FAULT_DOCS)}
admin:
${examples(ADMIN_DOCS)}
`);
    expect(scenario.faults.length).toBeGreaterThanOrEqual(FAULT_DOCS.length);
    expect(read(writeScenario(scenario))).toEqual(scenario);
  });

  it('quotes what YAML would read as something else than text', () => {
    const scenario = { ...read('scenario: words\nduration: 1m\ncluster: { brokers: 1 }\ntopics: [{ name: "12" }]\nproducers: [{ name: p }]\n') };
    const odd = ['1e3', '0x1f', 'true', 'No', '~', ' a', '- b', 'c: d', '#e', '"f"', "g'", '', 'h\ni', '1_000', '.5', '12:30', '2026-01-01', '[j]', '{k}', '&l', '*m', '!n', '|o', '%p', '@q', 'ü'];
    const rows = odd.map((key, index) => ({ atUs: index, from: 'p', key: key === '' ? null : key, value: `v${key}`, partition: null }));
    const written: Scenario = { ...scenario, workload: [{ kind: 'sends', producer: 'p', topic: '12', rows }] };
    expect(read(writeScenario(written))).toEqual(written);
  });
});
