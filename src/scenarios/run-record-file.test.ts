import { describe, expect, it } from 'vitest';
import { ADMIN_DOCS, type AdminOperation } from './administration.ts';
import { builtInScenario } from './catalogue/catalogue.ts';
import { FAULT_DOCS } from './faults.ts';
import { expandNemesis, planFaults } from './nemesis.ts';
import { formatProblem } from './problems.ts';
import { parseScenario } from './parse.ts';
import { RUN_RECORD_FORMAT } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import { formatRunRecord, parseRunRecord } from './run-record-file.ts';
import { nodesOf } from './scenario.ts';
import { expandWorkload } from './workload.ts';

function recordOf(name: string, seed: string): RunRecord {
  const scenario = builtInScenario(name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const faults = planFaults(scenario, seed);
  return {
    format: RUN_RECORD_FORMAT, harrow: '0.1.0', code: 'ab'.repeat(32), verdict: 'violated', seed, engine: 'compiled', mutants: [], scenario, faults, admin: scenario.admin, workload: expandWorkload(scenario, seed),
    result: {
      digest: '0123456789abcdef', virtualMs: scenario.durationMs, events: 10, messages: 5,
      faults: faults.map((fault, i) => (i % 2 === 0 ? { fault, outcome: 'applied' as const } : { fault, outcome: 'noEffect' as const, reason: 'it was down already' })),
      admin: [],
      verdicts: [{ property: 'reads-agree', verdict: 'violated', compared: 3, claim: 'all agree', evidence: [{ atUs: 5, sentence: 'they do not', details: { offset: 3, nodes: ['broker-1'], ok: false, none: null } }], note: 'a note' }],
      delivered: { topics: [{ topic: 'gps', ok: 1, failed: 2, unknown: 3 }], consumers: [{ consumer: 'location-dashboard', topic: 'gps', delivered: 4, lag: 0 }] },
    },
  };
}

function problems(text: string): readonly string[] {
  const result = parseRunRecord('run.json', text);
  return 'problems' in result ? result.problems.map(formatProblem) : [];
}

describe('a run record', () => {
  it.each(['trucks_gps', 'small_faulty_cluster', 'trips_from_file', 'quickstart', 'acks_1_leader_crash'])('of %s reads back as it was written', (name) => {
    const record = recordOf(name, '5');
    expect(parseRunRecord('run.json', formatRunRecord(record))).toEqual({ value: record });
  });

  it('holds every kind of fault', () => {
    const record = recordOf('small_faulty_cluster', '5');
    const { scenario } = record;
    const nodes = nodesOf(scenario).map((node) => node.name);
    const spec = scenario.nemesis as NonNullable<typeof scenario.nemesis>;
    const faults = FAULT_DOCS.flatMap(({ kind }) => ['1', '2', '3', '4'].flatMap((seed) => expandNemesis({ ...spec, kinds: [kind] }, seed, nodes)));
    // All but the swizzle and the rolling restart, which a plan holds as clogs and stops.
    expect(new Set(faults.map((fault) => fault.kind)).size).toBe(FAULT_DOCS.length - 2);
    expect(parseRunRecord('run.json', formatRunRecord({ ...record, faults }))).toEqual({ value: { ...record, faults } });
  });

  it('holds every kind of operation of the administrator, and what became of it', () => {
    const record = recordOf('small_faulty_cluster', '5');
    const written = 'scenario: all\nduration: 1h\ncluster: { brokers: 4 }\ntopics: [ { name: gps, partitions: 2 } ]\nadmin:\n' + ADMIN_DOCS.map(({ example }) => `  - ${example}\n`).join('');
    const parsed = parseScenario({ file: 'all.yaml', content: written });
    if ('problems' in parsed) throw new Error(parsed.problems.map(formatProblem).join('\n'));
    const { admin } = parsed.value;
    expect(new Set(admin.map(({ kind }) => kind)).size).toBe(ADMIN_DOCS.length);
    const outcomes = (['ok', 'fail', 'unknown', 'notCalled'] as const).map((outcome, index) => ({
      operation: admin[index] as AdminOperation, outcome, errorCode: 'NONE' as const, errorMessage: null,
      results: [{ name: 'gps', partition: 0, errorCode: 'ELECTION_NOT_NEEDED' as const, errorMessage: 'it leads already', lowWatermark: 7 }],
    }));
    const full: RunRecord = { ...record, scenario: parsed.value, faults: [], workload: [], admin, result: { ...record.result, faults: [], admin: outcomes } };
    expect(parseRunRecord('run.json', formatRunRecord(full))).toEqual({ value: full });
    const stranger: RunRecord = { ...full, admin: [{ atMs: 1, kind: 'unregisterBroker', node: 'broker-9' }] };
    expect(problems(formatRunRecord(stranger))).toEqual([expect.stringContaining('admin[0]: no broker "broker-9"; expected a broker of the scenario')]);
  });

  it('has one fault and one operation per line, so that two records can be compared line by line', () => {
    const record = recordOf('trucks_gps', '5');
    const lines = formatRunRecord(record).split('\n');
    expect(lines.filter((line) => line.startsWith('    {"atUs":'))).toHaveLength(record.workload.length);
    expect(lines.length).toBeLessThan(record.workload.length + 2 * record.faults.length + 60);
  });
});

describe('a run record that is none, or was edited badly, is refused with the field that is wrong', () => {
  const record = recordOf('trucks_gps', '5');
  const edited = (edit: (copy: Record<string, unknown>) => void): readonly string[] => {
    const copy = JSON.parse(JSON.stringify(record)) as Record<string, unknown>;
    edit(copy);
    return problems(JSON.stringify(copy));
  };

  it.each([
    ['no JSON', 'hello', 'not JSON'],
    ['a list', '[]', 'format: got nothing; expected "harrow.run/1"'],
    ['null', 'null', 'format: got nothing'],
    ['another format', '{"format": "harrow.run/9"}', 'format: got "harrow.run/9"; expected "harrow.run/1"'],
  ])('%s', (_, text, message) => {
    expect(problems(text)[0]).toContain(message);
  });

  it('an unknown field', () => {
    expect(edited((copy) => Object.assign(copy, { sede: '1' }))[0]).toContain('sede');
  });

  it('a fault of no kind, a fault without its duration, a time that is no integer', () => {
    expect(edited((copy) => Object.assign((copy['faults'] as object[])[0] as object, { kind: 'crush' }))[0]).toContain('faults[0].kind');
    expect(edited((copy) => delete ((copy['faults'] as { forMs?: number }[])[3] as { forMs?: number }).forMs)[0]).toContain('faults[3].forMs');
    expect(edited((copy) => Object.assign((copy['faults'] as object[])[1] as object, { atMs: 1.5 }))[0]).toContain('faults[1].atMs');
  });

  it('a fault or an operation that names what the scenario does not have', () => {
    expect(edited((copy) => Object.assign((copy['faults'] as object[])[0] as object, { node: 'broker-9' }))).toEqual(['run.json:1:1: faults[0]: no node "broker-9"; expected a node of the scenario']);
    expect(edited((copy) => Object.assign((copy['workload'] as object[])[3] as object, { producer: 'broker-1' }))).toEqual(['run.json:1:1: workload[3].producer: no producer "broker-1"; expected a producer of the scenario']);
  });
});
