import { describe, expect, it } from 'vitest';
import { BUILT_IN_NAMES, builtInScenario } from '../scenarios/catalogue/catalogue.ts';
import { PROPERTY_DOCS } from '../scenarios/properties.ts';
import type { RunRequest, RunResult } from '../scenarios/run-record.ts';
import { parseRunRecord } from '../scenarios/run-record-file.ts';
import { MemoryOutside } from './memory-outside.ts';

/** `execute` stands for the simulator, and takes two seconds. */
class TestOutside extends MemoryOutside {
  readonly requests: RunRequest[] = [];
  answer: (request: RunRequest) => RunResult = (request) => resultOf(request);

  constructor() {
    super(new Map(), (request) => {
      this.requests.push(request);
      this.clockMs += 2_000;
      return this.answer(request);
    });
  }
}

/** Every property held, every fault took effect; the digest depends on the seed and on the size of the plan. */
function resultOf(request: RunRequest, changes: Partial<RunResult> = {}): RunResult {
  const digest = `${Number(request.seed).toString(16)}${request.faults.length.toString(16)}${request.workload.length.toString(16)}`.padStart(16, 'a');
  return {
    digest, virtualMs: request.scenario.durationMs, events: 1_234_567, messages: 345_678,
    faults: request.faults.map((fault) => ({ fault, outcome: 'applied' })),
    admin: request.admin.map((operation) => ({ operation, outcome: 'ok', errorCode: 'NONE', errorMessage: null, results: [] })),
    verdicts: PROPERTY_DOCS.map(({ name, claim }) => ({ property: name, verdict: 'held', compared: 4_480, claim, evidence: [] })),
    delivered: {
      topics: request.scenario.topics.map(({ name }) => ({ topic: name, ok: 4_480, failed: 0, unknown: 8 })),
      consumers: request.scenario.consumers.map(({ name, topics: [topic = ''] }) => ({ consumer: name, topic, delivered: 4_488, lag: 0 })),
    },
    ...changes,
  };
}

const violation: RunResult['verdicts'] = [
  { property: 'acked-records-survive', verdict: 'violated', compared: 12, claim: 'every acknowledged record survives', evidence: [{ atUs: 1_203_000_456, sentence: 'gps-3 lost offset 17, acknowledged to truck-4 by broker-1', details: {} }] },
  { property: 'reads-agree', verdict: 'vacuous', compared: 0, claim: 'readers agree', evidence: [], note: 'nobody read' },
];

describe('harrow run', () => {
  it('hands the executor the plan that the seed expands to, and writes the run down', () => {
    const outside = new TestOutside();
    expect(outside.run('run', 'trucks_gps', '--seed', '9')).toBe(0);
    const [request] = outside.requests as [RunRequest];
    expect(request).toMatchObject({ seed: '9', engine: 'compiled', mutants: [], scenario: { name: 'trucks_gps' } });
    expect(request.faults.length).toBeGreaterThanOrEqual(10);
    expect([...outside.files.keys()]).toEqual([`reports/runs/trucks_gps-9-${resultOf(request).digest.slice(0, 8)}.json`, 'reports/runs/latest.json']);
    const record = parseRunRecord('latest.json', outside.files.get('reports/runs/latest.json') as string);
    expect('value' in record && record.value).toMatchObject({ seed: '9', code: outside.code, faults: request.faults, workload: request.workload, verdict: 'held' });
  });

  it('takes the seed of the scenario, and else a fresh one that it tells', () => {
    const outside = new TestOutside();
    outside.run('run', 'trucks_gps');
    outside.run('run', 'small_faulty_cluster');
    expect(outside.requests.map((request) => request.seed)).toEqual(['42', '777']);
    expect(outside.out).toContain('a fresh seed, 777; repeat with --seed 777');
  });

  it('answers with the exit code of the worst verdict', () => {
    const outside = new TestOutside();
    outside.answer = (request) => resultOf(request, { verdicts: violation });
    expect(outside.run('run', 'quickstart')).toBe(1);
    outside.answer = (request) => resultOf(request, { verdicts: violation.slice(1) });
    expect(outside.run('run', 'quickstart')).toBe(2);
    outside.answer = (request) => resultOf(request, { verdicts: [] });
    expect(outside.run('run', 'quickstart')).toBe(2);
    outside.answer = resultOf;
    expect(outside.run('run', 'quickstart')).toBe(0);
  });

  it('tells a person what was injected, delivered and violated, and how to see it again, within 100 columns', () => {
    const outside = new TestOutside();
    outside.answer = (request) => resultOf(request, { verdicts: violation });
    outside.run('run', 'trucks_gps');
    expect(outside.out).toContain('trucks_gps  seed 42 · Kafka 4.1');
    expect(outside.out).toContain('A fleet of 25 trucks reports its position');
    expect(outside.out).toMatch(/gps +4,480 +0 +8\n/);
    expect(outside.out).toMatch(/location-dashboard +gps +4,488 +0\n/);
    expect(outside.out).toMatch(/VIOLATED +acked-records-survive +12 +every acknowledged record survives\n/);
    expect(outside.out).toMatch(/vacuous +reads-agree +0 +readers agree \(nobody read\)\n/);
    expect(outside.out).toContain('00:20:03.000456  gps-3 lost offset 17, acknowledged to truck-4 by broker-1');
    expect(outside.out).toContain('1h simulated in 2.00 s, 1,800 times as fast as life');
    expect(outside.out).toContain('172,839 messages/s');
    expect(outside.out).toMatch(/replay {2}harrow replay reports\/runs\/trucks_gps-42-[0-9a-f]{8}\.json\n/);
    expect(outside.out).toContain('VIOLATED: acked-records-survive');
    expect(Math.max(...outside.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(outside.out).not.toContain('\x1b');
  });

  it('shows what the administrator did, and what came of it', () => {
    const outside = new TestOutside();
    outside.files.set('admin.yaml', 'scenario: admin\nduration: 10m\nseed: 1\ncluster: { brokers: 1 }\ntopics: [ { name: gps } ]\nadmin:\n  - { at: 1m, deleteRecords: { topic: gps, partition: 0, before: 100 } }\n  - { at: 2m, electLeaders: preferred }\n');
    outside.answer = (request) => resultOf(request, {
      admin: request.admin.map((operation, index) => (index === 0
        ? { operation, outcome: 'ok', errorCode: 'NONE', errorMessage: null, results: [{ name: 'gps', partition: 0, errorCode: 'NONE', errorMessage: null, lowWatermark: 100 }] }
        : { operation, outcome: 'fail', errorCode: 'NONE', errorMessage: null, results: [{ name: 'gps', partition: 0, errorCode: 'ELECTION_NOT_NEEDED', errorMessage: null }] })),
    });
    outside.run('run', 'admin.yaml');
    expect(outside.out).toContain('Administered  2 operations, 1 carried out\n'
      + '  1m  delete records of gps-0 before 100: ok (the log begins at 100)\n  2m  elect preferred leaders of every partition: failed (ELECTION_NOT_NEEDED)\n');
    outside.run('run', 'admin.yaml', '--duration', '90s');
    expect(outside.requests[1]?.admin).toHaveLength(1);
    expect(outside.out).toContain('note: --duration 90s leaves out 1 of 2 operations of the administrator');
    outside.run('run', 'quickstart');
    expect(outside.out).not.toContain('Administered');
  });

  it('says of a fault that took effect what else there is to say', () => {
    const outside = new TestOutside();
    outside.answer = (request) => resultOf(request, { faults: request.faults.map((fault) => ({ fault, outcome: 'applied', reason: 'it was killed' })) });
    outside.run('run', 'acks_1_leader_crash');
    expect(outside.out).toContain('(it was killed)');
  });

  it('shows every fault of a short plan, and says of one that had no effect why', () => {
    const outside = new TestOutside();
    outside.answer = (request) => resultOf(request, { faults: request.faults.map((fault) => ({ fault, outcome: 'noEffect', reason: 'it was down already' })) });
    outside.run('run', 'trucks_gps');
    expect(outside.out).toContain(`Injected  ${outside.requests[0]?.faults.length} faults, 0 took effect\n   5m  crash broker-2, restart after 30s (no effect: it was down already)\n`);
    expect(outside.out).not.toContain('more, all in the run record');
  });

  it('sums up a long plan per kind and shows its beginning', () => {
    const outside = new TestOutside();
    outside.files.set('plan.yaml', '- { at: 1500ms, pause: broker-1, for: 90s }\n- { at: 2s, reset: [truck-*, broker-2] }\n');
    outside.run('run', 'trucks_gps', '--faults', 'plan.yaml');
    expect(outside.out).toContain('Injected  26 faults, 26 took effect\n  1 pause, 25 reset\n  1.500s  pause broker-1 for 1m30s\n      2s  reset connections between truck-1 and broker-2\n');
    expect(outside.out).toContain('  … and 20 more, all in the run record\n');
  });

  it('colours for a terminal, unless NO_COLOR is set', () => {
    const outside = new TestOutside();
    outside.isTTY = true;
    outside.run('run', 'quickstart');
    expect(outside.out).toContain('\x1b[32m✓ held');
    outside.env['NO_COLOR'] = '1';
    outside.run('run', 'quickstart');
    expect(outside.out).not.toContain('\x1b');
    expect(outside.out).toContain('HELD: all');
  });

  it('gives one JSON document with --json, the digest at its top', () => {
    const outside = new TestOutside();
    outside.run('run', 'quickstart', '--json');
    const { faults } = JSON.parse(outside.out) as { faults: { told: string; outcome: string; fault: object }[] };
    expect(faults.map(({ fault }) => fault)).toEqual(outside.requests[0]?.faults);
    expect(faults.every(({ told, outcome }) => told.length > 5 && outcome === 'applied')).toBe(true);
    expect(JSON.parse(outside.out)).toMatchObject({ format: 'harrow.summary/1', scenario: 'quickstart', seed: '1', verdict: 'held', digest: resultOf(outside.requests[0] as RunRequest).digest, realMs: 2_000 });
  });

  it('shows progress on stderr: a line that rewrites itself, plain lines elsewhere, nothing when quiet', () => {
    const outside = new TestOutside();
    outside.answer = (request) => {
      for (let second = 1; second <= 12; second += 1) {
        outside.clockMs += 1_000;
        expect(request.progress?.({ virtualMs: second * 5_000, durationMs: 60_000, events: second * 1_000_000, messages: 0, faultsApplied: 2, violations: 1 })).toBe(true);
      }
      return resultOf(request);
    };
    outside.run('run', 'quickstart');
    // The clock stands at 2 s when the executor is called.
    expect(outside.err).toBe('25%  15s of 1m  600,000 events/s  faults 2  violations 1\n66%  40s of 1m  800,000 events/s  faults 2  violations 1\n');
    outside.run('run', 'quickstart', '--quiet');
    expect(outside.err).toBe('');
    outside.isTTY = true;
    outside.run('run', 'quickstart');
    expect(outside.err.split('\r\x1b[K')).toHaveLength(14);
    expect(outside.err.endsWith('\r\x1b[K')).toBe(true);
    expect(outside.err).toContain('████');
  });

  it('takes a scenario from a file, with the records file beside it', () => {
    const outside = new TestOutside();
    outside.files.set('lab/mine.yaml', 'scenario: mine\nduration: 5s\ncluster: { brokers: 1 }\ntopics: [ { name: t } ]\nproducers: [ { name: p } ]\nworkload: [ { producer: p, topic: t, records: rows.csv } ]\n');
    outside.files.set('lab/rows.csv', 'atMs,value\n10,hello\n');
    expect(outside.run('run', 'lab/mine.yaml', '--out', 'elsewhere')).toBe(0);
    expect(outside.requests[0]?.workload).toEqual([{ atUs: 10_000, producer: 'p', topic: 't', key: null, value: 'hello #p/0' }]);
    expect([...outside.files.keys()].filter((path) => path.startsWith('elsewhere/'))).toHaveLength(2);
  });

  it('replaces the faults: by none, by a nemesis, by a plan, by those of an earlier run', () => {
    const outside = new TestOutside();
    outside.files.set('plan.yaml', '- { at: 1s, pause: broker-1, for: 2s }\n');
    outside.run('run', 'trucks_gps', '--faults', 'none');
    outside.run('run', 'trucks_gps', '--faults', 'nemesis=pause,crash');
    const record = [...outside.files.keys()].find((path) => path.endsWith('latest.json')) as string;
    outside.files.set('earlier.json', outside.files.get(record) as string);
    outside.run('run', 'trucks_gps', '--faults', 'plan.yaml');
    outside.run('run', 'trucks_gps', '--seed', '8', '--faults', 'earlier.json');
    const [none, nemesis, plan, earlier] = outside.requests.map((request) => request.faults);
    expect(none).toEqual([]);
    expect(new Set(nemesis?.map((fault) => fault.kind))).toEqual(new Set(['pause', 'crash']));
    expect(plan).toEqual([{ atMs: 1_000, kind: 'pause', node: 'broker-1', forMs: 2_000 }]);
    expect(earlier).toEqual(nemesis);
  });

  it('shortens a run, and tells what that leaves out', () => {
    const outside = new TestOutside();
    outside.run('run', 'trucks_gps', '--duration', '11m');
    const [request] = outside.requests as [RunRequest];
    expect(request.scenario.durationMs).toBe(660_000);
    expect(request.faults.map((fault) => fault.atMs)).toEqual([300_000, 600_000]);
    expect(request.workload.every((operation) => operation.atUs < 660_000_000)).toBe(true);
    const all = builtInScenario('trucks_gps')?.faults.length as number;
    expect(outside.out).toContain(`--duration 11m leaves out ${all - 2} of ${all} faults`);
  });

  it('writes a trace beside the run record, or where it is told', () => {
    const outside = new TestOutside();
    outside.answer = (request) => {
      request.trace?.({ atUs: 5, node: 'broker-1', incarnation: 1, machine: 'gps-3', event: 'FetchRequest', from: 'broker-2', detail: { maxWaitMs: 500 }, stateBefore: 'Leader', stateAfter: 'Leader', effects: [] });
      return resultOf(request);
    };
    outside.run('run', 'quickstart', '--trace');
    expect(outside.files.get('reports/runs/quickstart-1.trace.txt')).toBe('00:00:00.000005  broker-1/gps-3  FetchRequest <- broker-2  {"maxWaitMs":500}  [Leader]\n');
    outside.run('run', 'quickstart', '--trace', 'here.txt');
    expect(outside.files.get('here.txt')).toContain('FetchRequest');
    outside.run('run', 'quickstart');
    expect(outside.requests[2]?.trace).toBeUndefined();
    expect(outside.run('run', 'quickstart', '--json', '--trace', '-')).toBe(64);
    expect(outside.err).toContain('more than one of --json, --trace - and --history - for stdout');
  });
});

describe('wrong usage is refused with 64: nothing runs, nothing is written', () => {
  const bad = 'scenario: bad\nduration: 5\ncluster: { brokers: 1 }\ntopics: [ { nme: t } ]\n';
  it.each([
    ['a mistyped scenario', ['run', 'truks_gps'], `error: no scenario "truks_gps"; expected a file, or one of trucks_gps, quickstart, small_faulty_cluster, acks_1_leader_crash, trips_from_file, … (${BUILT_IN_NAMES.length}); did you mean trucks_gps?`],
    ['a missing file', ['run', 'lab/nope.yaml'], 'error: no scenario file "lab/nope.yaml"; expected a file, or one of'],
    ['mistakes in a file', ['run', 'bad.yaml'], 'bad.yaml:2:11: duration: got "5"'],
    ['all of its mistakes', ['run', 'bad.yaml'], 'bad.yaml:4:13: topics[0].nme: unknown key; expected name, partitions, replicationFactor, assignment or config; did you mean name?\nerror: 3 mistakes; nothing was run\n'],
    ['an unknown engine', ['run', 'quickstart', '--engine', 'compield'], 'error: --engine compield: no such engine; expected compiled, interpreter or live; did you mean compiled?'],
    ['an unknown mutant', ['run', 'quickstart', '--mutant', 'no-such-mutant-at-all'], 'error: --mutant no-such-mutant-at-all: no such mutant; expected'],
    ['a bad seed', ['run', 'quickstart', '--seed', 'a/b'], 'error: --seed a/b: expected an integer'],
    ['a bad duration', ['run', 'quickstart', '--duration', '5'], 'error: --duration: got "5"; expected a duration'],
    ['a duration of zero', ['run', 'quickstart', '--duration', '0s'], 'error: --duration 0s: expected whole milliseconds, at least 1ms'],
    ['a fault plan that is not there', ['run', 'quickstart', '--faults', 'nemeses'], 'error: --faults nemeses: no such file; expected none, nemesis, nemesis=KIND,… or the path of a fault plan'],
    ['an unknown kind of nemesis', ['run', 'quickstart', '--faults', 'nemesis=crush'], '--faults:1:1: kinds[0]: got "crush"; expected a fault kind'],
    ['a mistake in a fault plan', ['run', 'quickstart', '--faults', 'badplan.yaml'], 'badplan.yaml:1:20: [0].pause: no node "broker-9"'],
    ['a directory that is a file', ['run', 'quickstart', '--out', 'bad.yaml'], 'error: cannot write to bad.yaml: it is a file'],
    ['no scenario', ['run'], "error: missing required argument 'scenario'"],
    ['an unknown command', ['rnu', 'quickstart'], "error: unknown command 'rnu'\n(Did you mean run?)"],
    ['an unknown option', ['run', 'quickstart', '--sede', '1'], "error: unknown option '--sede'\n(Did you mean --seed?)"],
    ['an unknown list', ['list', 'fautls'], 'error: no list of "fautls"; expected scenarios, faults, operations, properties, mutants or profiles; did you mean faults?'],
    ['a replay of nothing', ['replay', 'nope.json'], 'error: no run record "nope.json"; expected a file that harrow run wrote'],
    ['a replay of something else', ['replay', 'bad.yaml'], 'bad.yaml:1:1: not JSON; expected a run record, as harrow run writes it'],
  ])('%s', (_, argv, message) => {
    const outside = new TestOutside();
    outside.files.set('bad.yaml', bad);
    outside.files.set('badplan.yaml', '- { at: 1s, pause: broker-9, for: 2s }\n');
    expect(outside.run(...argv)).toBe(64);
    expect(outside.err).toContain(message);
    expect(outside.out).toBe('');
    expect(outside.requests).toEqual([]);
    expect(outside.files.size).toBe(2);
  });
});

describe('an internal error', () => {
  it('is 70, with its stack and with what to report', () => {
    const outside = new TestOutside();
    outside.answer = () => {
      throw new RangeError('the queue went backwards');
    };
    expect(outside.run('run', 'quickstart')).toBe(70);
    expect(outside.err).toContain('internal error: RangeError: the queue went backwards\n    at ');
    expect(outside.err).toContain('Please report it with: scenario quickstart, seed 1, harrow 1.2.3, node v20.0.0');
    expect(outside.files.size).toBe(0);
  });
});

describe('harrow replay', () => {
  const LATEST = 'reports/runs/latest.json';
  function afterRun(): TestOutside {
    const outside = new TestOutside();
    outside.answer = (request) => resultOf(request, { verdicts: violation });
    outside.run('run', 'trucks_gps', '--seed', '5');
    return outside;
  }

  it('executes exactly what the record holds, and is content with the same digest, whatever the verdict', () => {
    const outside = afterRun();
    expect(outside.run('replay', LATEST)).toBe(0);
    const [first, second] = outside.requests as [RunRequest, RunRequest];
    expect({ ...second, progress: null }).toEqual({ ...first, progress: null });
    expect(outside.out).toContain('EXACT: trucks_gps with seed 5');
    expect(outside.out).toContain('gps-3 lost offset 17');
  });

  it('calls a different digest by the same code lost determinism, 70', () => {
    const outside = afterRun();
    outside.answer = (request) => resultOf(request, { digest: 'f'.repeat(16) });
    expect(outside.run('replay', LATEST)).toBe(70);
    expect(outside.out).toContain(`LOST DETERMINISM: recorded digest ${resultOf(outside.requests[0] as RunRequest).digest}, now ffffffffffffffff`);
  });

  it('refuses a record of other code, unless forced; then a difference means nothing, 2', () => {
    const outside = afterRun();
    outside.code = 'beef'.repeat(16);
    expect(outside.run('replay', LATEST)).toBe(64);
    expect(outside.err).toContain('was made by other code (c0dec0dec0de, harrow 1.2.3) than this (beefbeefbeef, harrow 1.2.3)');
    expect(outside.requests).toHaveLength(1);
    expect(outside.run('replay', LATEST, '--force')).toBe(0);
    outside.answer = (request) => resultOf(request, { digest: 'f'.repeat(16) });
    expect(outside.run('replay', LATEST, '--force')).toBe(2);
  });

  it('answers in JSON', () => {
    const outside = afterRun();
    outside.run('replay', LATEST, '--json');
    expect(JSON.parse(outside.out)).toMatchObject({ format: 'harrow.replay/1', isExact: true, isSameCode: true, seed: '5' });
  });
});

describe('harrow list, schema and help', () => {
  it('list names everything there is, or one kind of it', () => {
    const outside = new TestOutside();
    expect(outside.run('list')).toBe(0);
    for (const word of ['Scenarios', 'trucks_gps', 'Faults', 'swizzleClog', 'Properties', PROPERTY_DOCS[0]?.name as string, 'Mutants', 'Profiles', 'Kafka 3.9']) expect(outside.out).toContain(word);
    expect(Math.max(...outside.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    outside.run('list', 'faults', '--json');
    expect(Object.keys(JSON.parse(outside.out) as object)).toEqual(['faults']);
  });

  it('schema prints a JSON Schema', () => {
    const outside = new TestOutside();
    expect(outside.run('schema')).toBe(0);
    expect(JSON.parse(outside.out)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' });
  });

  it('help and version are no errors, and help tells the exit codes', () => {
    const outside = new TestOutside();
    expect(outside.run('--help')).toBe(0);
    expect(outside.out).toContain('Exit codes: 0');
    expect(outside.run('--version')).toBe(0);
    expect(outside.out).toBe('1.2.3\n');
    expect(outside.run()).toBe(64);
  });
});
