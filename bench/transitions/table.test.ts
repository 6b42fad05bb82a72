import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { compiledEngine } from '../../src/kernel/statechart/engines.ts';
import { present } from '../../src/kernel/assert.ts';
import { builtInScenario } from '../../src/scenarios/catalogue/catalogue.ts';
import { loadPrograms } from '../../src/scenarios/cluster.ts';
import { execute } from '../../src/scenarios/run.ts';
import { requestFor } from '../clusters/requests.ts';
import { TransitionCoverage } from './coverage.ts';
import { MachineTable } from './table.ts';

const SEEDS = ['1', '2', '3'];

describe('the transitions of the shipped machines', () => {
  it('taken according to the engine are those that a trace of the same runs shows', () => {
    const scenario = present(builtInScenario('small_faulty_cluster'), 'the scenario');
    const traced = new Set<string>();
    for (const seed of SEEDS) {
      execute({
        ...requestFor(scenario, seed),
        trace: ({ stateBefore, stateAfter, event }) => {
          if (stateBefore !== undefined && stateAfter !== undefined && stateBefore !== stateAfter) traced.add(`${stateBefore} ${event} ${stateAfter}`);
        },
      });
    }
    const followed = Object.values(loadPrograms('compiled')).flatMap(({ machine }) => {
      const table = new MachineTable(machine.id, machine);
      return compiledEngine.load(machine).coverage().filter(({ state, hits }) => state !== '' && hits > 0).flatMap((path) => {
        const taken = table.follow(path);
        const end = taken.at(-1)?.to ?? path.state;
        return end === path.state ? [] : [`${path.state} ${path.event} ${end}`];
      });
    });
    expect(traced.size).toBeGreaterThan(20);
    expect([...new Set(followed)].sort()).toEqual([...traced].sort());
  });

  it('are told apart by run: a run that is repeated takes the same ones, and nothing is taken between runs', () => {
    const coverage = new TransitionCoverage();
    const request = requestFor(present(builtInScenario('small_faulty_cluster'), 'the scenario'), '4');
    execute(request);
    const first = coverage.takenSinceLast();
    expect(coverage.takenSinceLast()).toEqual([]);
    execute(request);
    expect(coverage.takenSinceLast()).toEqual(first);
    const names = first.map((number) => coverage.row(number)).map(({ machine, state, event, target }) => `${machine} ${state} ${event} ${target}`);
    expect(names).toContain('broker Starting BrokerRegistrationResponse Recovery');
    expect(names).toContain('replica Offline partition.changed Leader');
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

  it('refuses a way that the machine does not have', () => {
    expect(() => table.follow({ state: 'a', event: 'E', guards: [guard('second', true)] })).toThrow('the guard that was asked next is first, not second');
    expect(() => table.follow({ state: 'a', event: 'E', guards: [guard('first', false), guard('second', true), guard('first', true)] })).toThrow('1 guards were asked after the last transition');
  });
});
