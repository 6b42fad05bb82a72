import { describe, expect, it } from 'vitest';
import type { CallDue } from '../actors/admin/state.ts';
import type { Effect } from '../kernel/effects.ts';
import type { LifecycleEvent, Monitor } from '../kernel/outside.ts';
import type { NodeSpec } from '../kernel/process.ts';
import type { EventObject } from '../kernel/statechart/engine.ts';
import { engine } from '../kernel/statechart/engines.ts';
import { scriptedMachine } from '../kernel/statechart/scripted.ts';
import { World } from '../kernel/world.ts';
import { ConnectionNetwork } from '../network/connection-network.ts';
import type { AdminOperation } from './administration.ts';
import type { Fault } from './faults.ts';
import { Plan, quietFromMs } from './plan.ts';

/** `broker-1` takes 300 ms to end when it is asked to, `broker-2` never does, `truck-1` is not asked; `broker-3` gives up by itself after 7 s. */
const NODES = ['admin-1', 'broker-1', 'broker-2', 'broker-3', 'truck-1'];

const schedule = (delayMs: number): Effect[] => [{ kind: 'schedule', key: 'end', delayMs, type: 'end' }];

const node = scriptedMachine<string>('node', {
  start: (input) => ({ state: input as string, effects: input === 'broker-3' ? schedule(7_000) : [] }),
  act: (name, event) => {
    if (event.type === 'process.stop' && name === 'broker-1') return { state: name, effects: schedule(300) };
    return { state: name, effects: event.type === 'end' ? [{ kind: 'halt', reason: 'it is over' }] : [] };
  },
});

/** What became of the processes, and what the administrator was asked for. */
class Watcher implements Monitor {
  readonly lines: string[] = [];
  readonly calls: CallDue[] = [];
  stepped(): void {}
  observed(): void {}
  lifecycle(world: World, event: LifecycleEvent): void {
    const what = event.kind === 'crashed' ? `down: ${event.reason}` : event.kind === 'started' ? `life ${event.incarnation}` : event.kind;
    if (world.nowUs > 0) this.lines.push(`${world.nowUs / 1_000} ${world.nodeName(event.node)} ${what}`);
  }
  fork(): Watcher {
    return new Watcher();
  }
}

interface Scene {
  readonly world: World;
  readonly plan: Plan;
  readonly watcher: Watcher;
}

function scene(faults: readonly Fault[], admin: readonly AdminOperation[] = []): Scene {
  const watcher = new Watcher();
  const adminCalls = scriptedMachine<null>('admin', {
    start: () => ({ state: null, effects: [] }),
    act: (state, event) => {
      if (event.type === 'admin.call') watcher.calls.push((event as EventObject & { readonly data: CallDue }).data);
      return { state, effects: [] };
    },
  });
  const nodes = NODES.map((name): NodeSpec => {
    if (name === 'admin-1') return { name, boot: () => [{ name: 'admin', machine: 'admin', input: null }] };
    const boot: NodeSpec['boot'] = () => [{ name: 'main', machine: 'node', input: name }];
    return name.startsWith('broker') ? { name, boot, terminates: 'main' } : { name, boot };
  });
  const plan = new Plan(faults, [], { producerMachine: 'main', provision: () => true }, admin);
  const chosen = engine('compiled');
  const world = new World({
    seed: 'plan', nodes, director: plan, monitor: watcher, programs: { node: chosen.load(node), admin: chosen.load(adminCalls) },
    transport: new ConnectionNetwork({ seed: 'plan', nodeNames: NODES }),
  });
  plan.begin(world);
  nodes.forEach((_, index) => world.start(index));
  return { world, plan, watcher };
}

/** What became of `broker-3` is told only where it is asked for. */
function lifeOf(faults: readonly Fault[], untilMs = 200_000): string[] {
  const { world, watcher } = scene(faults);
  world.runUntil(untilMs * 1_000);
  return watcher.lines.filter((line) => !line.includes('broker-3'));
}

const stop = (name: string, changes: Partial<Extract<Fault, { kind: 'stop' }>> = {}): Fault => ({ atMs: 1_000, kind: 'stop', node: name, restartAfterMs: 5_000, killAfterMs: 60_000, ...changes });

describe('a node that is stopped', () => {
  it('ends when it is ready to, and is started again as long after that as its fault says', () => {
    expect(lifeOf([stop('broker-1')])).toEqual(['1300 broker-1 down: it is over', '6300 broker-1 life 2']);
    expect(lifeOf([stop('broker-1', { restartAfterMs: null })])).toEqual(['1300 broker-1 down: it is over']);
  });

  it('is killed when it does not end in time, and the plan says so', () => {
    expect(lifeOf([stop('broker-2')])).toEqual(['61000 broker-2 down: killed', '66000 broker-2 life 2']);
    const { world, plan } = scene([stop('broker-2', { killAfterMs: 30_000 }), stop('broker-1')]);
    world.runUntil(100_000_000);
    expect(plan.applied()).toMatchObject([{ outcome: 'applied', reason: 'broker-2 did not end within 30s and was killed' }, { outcome: 'applied' }]);
    expect(plan.applied()[1]).not.toHaveProperty('reason');
  });

  it('ends at once when nothing in it reacts', () => {
    expect(lifeOf([stop('truck-1')])).toEqual(['1000 truck-1 down: stopped', '6000 truck-1 life 2']);
  });

  it('cannot end while it stands still', () => {
    expect(lifeOf([{ atMs: 500, kind: 'pause', node: 'broker-1', forMs: 90_000 }, stop('broker-1')])).toEqual(['61000 broker-1 down: killed', '66000 broker-1 life 2']);
    expect(lifeOf([{ atMs: 500, kind: 'pause', node: 'broker-1', forMs: 10_000 }, stop('broker-1')])).toEqual(['10800 broker-1 down: it is over', '15800 broker-1 life 2']);
  });

  it('and crashes before it has ended comes back when the crash says, and is not killed in its next life', () => {
    expect(lifeOf([stop('broker-2'), { atMs: 2_000, kind: 'crash', node: 'broker-2', restartAfterMs: 1_000 }])).toEqual(['2000 broker-2 down: fault', '3000 broker-2 life 2']);
  });

  it('twice, or when it is down, is left alone the second time', () => {
    const { world, plan } = scene([stop('broker-2'), stop('broker-2', { atMs: 2_000 }), stop('broker-2', { atMs: 62_000 })]);
    world.runUntil(100_000_000);
    expect(plan.applied().map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['applied', 'broker-2 did not end within 1m and was killed'], ['noEffect', 'broker-2 was already ending'], ['noEffect', 'broker-2 was already down'],
    ]);
  });

  it('may be stopped again in its next life, with a patience of its own', () => {
    expect(lifeOf([stop('broker-2', { killAfterMs: 1_000 }), stop('broker-2', { atMs: 10_000, killAfterMs: 2_000, restartAfterMs: null })])).toEqual([
      '2000 broker-2 down: killed', '7000 broker-2 life 2', '12000 broker-2 down: killed',
    ]);
  });

  it('goes on ending in both copies of a world that is forked meanwhile', () => {
    const { world, watcher } = scene([stop('broker-2')]);
    world.runUntil(30_000_000);
    const copy = world.fork();
    copy.runUntil(70_000_000);
    world.runUntil(70_000_000);
    expect((copy.monitor as Watcher).lines).toEqual(watcher.lines.filter((line) => Number(line.split(' ')[0]) > 30_000));
    expect(watcher.lines).toContain('66000 broker-2 life 2');
  });

  it('is not confused with one that gives up by itself, which its supervisor starts after 5 s', () => {
    const { world, watcher } = scene([]);
    world.runUntil(13_000_000);
    expect(watcher.lines).toEqual(['7000 broker-3 down: it is over', '12000 broker-3 life 2']);
  });
});

describe('the quiet after a plan', () => {
  it('begins when the last node is back at the latest, which for a stop is after all its patience', () => {
    expect(quietFromMs([stop('broker-1', { killAfterMs: 10_000 })])).toBe(16_000);
    expect(quietFromMs([stop('broker-1', { restartAfterMs: null })])).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('operations of the administrator', () => {
  const operations: readonly AdminOperation[] = [
    { atMs: 1_000, kind: 'deleteTopic', topic: 'gps' }, { atMs: 3_000, kind: 'reassign', topic: 'gps', partition: 0, to: ['broker-3', 'broker-1'] }, { atMs: 9_000, kind: 'deleteTopic', topic: 'gps' },
  ];

  it('are asked for when they are due, with the ids of nodes, unless the administrator is down', () => {
    const { world, plan, watcher } = scene([{ atMs: 500, kind: 'crash', node: 'admin-1', restartAfterMs: 1_000 }], operations);
    world.runUntil(5_000_000);
    expect(watcher.calls).toEqual([{ operationId: 1, call: { type: 'AlterPartitionReassignmentsRequest', topics: [{ name: 'gps', partitions: [{ partitionIndex: 0, replicas: [3, 1] }] }] } }]);
    expect([0, 1, 2].map((operation) => plan.wasCalled(operation))).toEqual([false, true, false]);
  });
});
