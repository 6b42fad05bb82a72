import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import type { PathCoverage } from '../../kernel/statechart/compiler.ts';
import { compiledEngine } from '../../kernel/statechart/engines.ts';
import { present } from '../../kernel/assert.ts';
import { builtInScenario } from '../../scenarios/catalogue/catalogue.ts';
import { loadPrograms } from '../../scenarios/cluster.ts';
import { execute } from '../../scenarios/run.ts';
import { requestOf } from '../request.ts';
import { MachineCoverage, describePoint, type Point } from './machine-coverage.ts';
import { MachineTable, type AskedGuard } from './machine-table.ts';

const SEEDS = ['1', '2', '3'];

const wayOf = ({ state, event, guards }: PathCoverage): string => JSON.stringify([state, event, guards]);

describe('the transitions of the shipped machines', () => {
  it('taken according to the engine are those that a trace of the same runs shows', () => {
    const scenario = present(builtInScenario('small_faulty_cluster'), 'the scenario');
    const traced = new Set<string>();
    const machines = Object.values(loadPrograms('compiled')).map(({ machine }) => machine);
    // What other tests of this process have taken is in the counts, too.
    const hitsBefore = machines.map((machine) => new Map(compiledEngine.load(machine).coverage().map((path) => [wayOf(path), path.hits])));
    for (const seed of SEEDS) {
      execute({
        ...requestOf(scenario, seed),
        trace: ({ stateBefore, stateAfter, event }) => {
          if (stateBefore !== undefined && stateAfter !== undefined && stateBefore !== stateAfter) traced.add(`${stateBefore} ${event} ${stateAfter}`);
        },
      });
    }
    const followed = machines.flatMap((machine, index) => {
      const table = new MachineTable(machine.id, machine);
      const isNew = (path: PathCoverage): boolean => path.hits > (hitsBefore[index]?.get(wayOf(path)) ?? 0);
      return compiledEngine.load(machine).coverage().filter((path) => path.state !== '' && isNew(path)).flatMap((path) => {
        const taken = table.follow(path);
        const end = taken.at(-1)?.to ?? path.state;
        return end === path.state ? [] : [`${path.state} ${path.event} ${end}`];
      });
    });
    expect(traced.size).toBeGreaterThan(20);
    expect([...new Set(followed)].sort()).toEqual([...traced].sort());
  });

  it('are told apart by run: a run that is repeated takes the same ones, and nothing is taken between runs', () => {
    const coverage = new MachineCoverage();
    const request = requestOf(present(builtInScenario('small_faulty_cluster'), 'the scenario'), '4');
    execute(request);
    const first = coverage.takenSinceLast();
    expect(coverage.takenSinceLast()).toEqual([]);
    execute(request);
    expect(coverage.takenSinceLast()).toEqual(first);
    const names = first.map((number) => coverage.point(number)).filter(({ kind }) => kind === 'transition').map(({ machine, state, event, target }) => `${machine} ${state} ${event} ${target}`);
    expect(names).toContain('broker Starting BrokerRegistrationResponse Recovery');
    expect(names).toContain('replica Offline partition.changed Leader');
  });
});

describe('the coverage of the machines', () => {
  it('has a point for each transition, each state and both outcomes of each guard, and what a run reaches hangs together', () => {
    const coverage = new MachineCoverage();
    execute(requestOf(present(builtInScenario('small_faulty_cluster'), 'the scenario'), '5'));
    const reached = coverage.takenSinceLast().map((number) => coverage.point(number));
    const guarded = coverage.points.filter(({ kind, guard }) => kind === 'transition' && guard !== '');
    expect(coverage.points.filter(({ kind }) => kind === 'guard')).toHaveLength(2 * guarded.length);
    expect(new Set(coverage.points.map(describePoint)).size).toBeGreaterThan(coverage.points.length * 0.9);
    const key = (point: Point): string => `${point.machine}/${point.state}/${point.event}/${point.guard}/${point.target}`;
    const said = new Set(reached.filter(({ kind, outcome }) => kind === 'guard' && outcome === true).map(key));
    // A guarded transition is taken exactly when its guard said yes.
    for (const point of reached.filter(({ kind, guard }) => kind === 'transition' && guard !== '')) expect(said).toContain(key(point));
    const states = new Set(reached.filter(({ kind }) => kind === 'state').map(({ machine, state }) => `${machine} ${state}`));
    for (const { machine, target } of reached.filter(({ kind, target }) => kind === 'transition' && target !== '')) expect(states).toContain(`${machine} ${target}`);
  });
});

describe('a table of transitions', () => {
  const table = new MachineTable('m', createMachine({
    id: 'm', initial: 'a',
    states: {
      a: { on: { E: [{ guard: 'first', target: 'b' }, { guard: 'second' }] } },
      b: { always: [{ guard: { type: 'is', params: 'c' }, target: 'c' }, { guard: { type: 'is', params: 'a' }, target: 'a' }] },
      c: { after: { 10: 'a' } },
    },
    on: { E: { target: '.c' } },
  } as never) as never);
  const guard = (label: string, outcome: boolean) => ({ label, outcome });

  it('has a row for each candidate of each event', () => {
    expect(table.rows.map(({ state, event, guard: name, target }) => [state, event, name, target])).toEqual([
      ['a', 'E', 'first', 'b'], ['a', 'E', 'second', ''], ['b', '', 'is(c)', 'c'], ['b', '', 'is(a)', 'a'], ['c', 'after 10', '', 'a'], ['', 'E', '', 'c'],
    ]);
  });

  it('follows guards from candidate to candidate, from a state to the machine, and through what is always taken', () => {
    const follow = (...guards: { label: string; outcome: boolean }[]) => table.follow({ state: 'a', event: 'E', guards }).map(({ row, from, to }) => `${row}: ${from} -> ${to}`);
    expect(follow(guard('first', true), guard('is', false), guard('is', true))).toEqual(['0: a -> b', '3: b -> a']);
    expect(follow(guard('first', false), guard('second', true))).toEqual(['1: a -> a']);
    expect(follow(guard('first', false), guard('second', false))).toEqual(['5: a -> c']);
  });

  it('tells which guards were asked on the way, and what they said', () => {
    const answers: AskedGuard[] = [];
    table.follow({ state: 'a', event: 'E', guards: [guard('first', false), guard('second', true)] }, answers);
    expect(answers).toEqual([{ row: 0, outcome: false }, { row: 1, outcome: true }]);
    expect(table.states).toEqual(['a', 'b', 'c']);
  });

  it('refuses a way that the machine does not have', () => {
    expect(() => table.follow({ state: 'a', event: 'E', guards: [guard('second', true)] })).toThrow('the guard that was asked next is first, not second');
    expect(() => table.follow({ state: 'a', event: 'E', guards: [guard('first', false), guard('second', true), guard('first', true)] })).toThrow('1 guards were asked after the last transition');
  });
});
