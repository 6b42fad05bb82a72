import { describe, expect, it } from 'vitest';
import { closedScenario } from '../explorer/request.ts';
import { builtInScenario } from '../scenarios/catalogue/catalogue.ts';
import type { RunRecord, RunResult } from '../scenarios/run-record.ts';
import { formatRunRecord } from '../scenarios/run-record-file.ts';
import { execute } from '../scenarios/run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { MemoryOutside } from './memory-outside.ts';
import { requestOf } from '../explorer/request.ts';

const scenario = builtInScenario('acks_1_leader_crash') as Scenario;
const asked = requestOf(scenario, '7');

function recordOf(result: RunResult, verdict: RunRecord['verdict']): string {
  return formatRunRecord({ format: 'harrow.run/1', harrow: '1', code: 'c0de'.repeat(16), verdict, result, ...asked });
}

/** Sixty runs, on a machine that does much else. */
const SHRINKING_MS = 180_000;

describe('harrow shrink', () => {
  it('writes a scenario of a few lines and its story beside the record, and says how to run it', () => {
    const files = new Map([['runs/a.json', recordOf(execute(asked), 'violated')]]);
    const original = files.get('runs/a.json');
    const outside = new MemoryOutside(files);
    expect(outside.run('shrink', 'runs/a.json', '--quiet', '--runs', '60')).toBe(0);
    expect([...files.keys()]).toEqual(['runs/a.json', 'runs/a.min.yaml', 'runs/a.min.mmd']);
    expect(files.get('runs/a.json')).toBe(original);
    expect(files.get('runs/a.min.yaml')?.split('\n').length).toBeLessThan(30);
    expect(files.get('runs/a.min.mmd')).toMatch(/^sequenceDiagram\n/);
    expect(outside.out).toContain('replay   harrow run runs/a.min.yaml');
    expect(outside.out).toMatch(/faults +3 +[12]\n/);
    expect(Math.max(...outside.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(outside.run('run', 'runs/a.min.yaml', '--quiet')).toBe(1);
    // What is shrunk for a property by name leaves the other minimal plans alone.
    expect(outside.run('shrink', 'runs/a.json', '--quiet', '--runs', '2', '--property', 'acknowledged-records-survive')).toBe(0);
    expect([...files.keys()]).toContain('runs/a.acknowledged-records-survive.min.yaml');
    expect(outside.out).toContain('something may be left out yet; more with --runs 8');
  }, SHRINKING_MS);

  it('tells of a run that violated nothing, of one that is not there and of a limit that is none', () => {
    const calm = { ...execute({ ...asked, faults: [], workload: [] }) };
    const files = new Map([['calm.json', recordOf(calm, 'vacuous')]]);
    const outside = new MemoryOutside(files);
    expect(outside.run('shrink', 'calm.json')).toBe(64);
    expect(outside.err).toContain('error: calm.json: no property was violated');
    expect(outside.run('shrink', 'nowhere.json')).toBe(64);
    expect(outside.run('shrink', 'calm.json', '--runs', 'many')).toBe(64);
    expect(outside.err).toContain('--runs many: expected an integer from 2 to 1000000');
  });

  it('says that determinism is lost when the same code does not come to the same violation', () => {
    const result = execute(asked);
    const files = new Map([['a.json', recordOf(result, 'violated')]]);
    const held: RunResult = { ...result, verdicts: result.verdicts.map((verdict) => ({ ...verdict, verdict: 'held', evidence: [] })) };
    const outside = new MemoryOutside(files, () => held);
    expect(outside.run('shrink', 'a.json', '--quiet')).toBe(70);
    expect(outside.err).toContain('the run, executed again, does not violate acknowledged-records-survive in the same way');
  });

  it('takes closed scenarios for what they are: closing twice changes nothing', () => {
    const closed = closedScenario(asked);
    expect(closedScenario(requestOf(closed, closed.seed ?? ''))).toEqual(closed);
  });
});
