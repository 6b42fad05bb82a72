/**
 * The machines that Harrow ships keep the rules that make them fast and legible: each compiles without falling back to
 * the interpreter, and each transition that reduces hands its effects over (docs/decisions/0001).
 */
import { describe, expect, it } from 'vitest';
import { compiledEngine } from '../../src/kernel/statechart/engines.ts';
import type { Program } from '../../src/kernel/statechart/engine.ts';
import { loadPrograms } from '../../src/scenarios/cluster.ts';
import { GroupCluster } from '../support/group-cluster.ts';
import { consumerNode } from '../../src/actors/consumer/node.ts';
import { storeNode } from '../../src/actors/store/node.ts';
import { parseConfig } from '../../src/kafka/config.ts';
import { groupBroker, logOf, type GroupScene } from '../clients/group-script.ts';
import { clientWorld, TOPIC } from '../clients/scripted-cluster.ts';
import { builtIn, run } from '../support/runs.ts';

/** Runs that between them reach most of the protocol. */
function exerciseMachines(): void {
  for (let seed = 1; seed <= 20; seed += 1) run(builtIn('small_faulty_cluster'), String(seed));
  new GroupCluster().startGroups().stableGroup([1, 2]);
  exerciseConsumerGroup();
  exerciseGroupMember('classic');
  exerciseGroupMember('consumer');
}

/** A group of the consumer protocol whose second member never gets what the first does not give up, until that is removed. */
function exerciseConsumerGroup(): void {
  const cluster = new GroupCluster({ partitions: 2 }).startGroups();
  cluster.settleMember(1, 'a', 0, { rebalanceTimeoutMs: 5_000 });
  cluster.settleMember(2, 'b', 0);
  cluster.beat(1, 'a', 1);
  cluster.run(60_000);
}

/** A member of a group whose coordinator is scripted, with everything that a member does. */
function exerciseGroupMember(protocol: 'classic' | 'consumer'): void {
  const strategy = protocol === 'classic' ? { 'partition.assignment.strategy': 'cooperative-sticky' } : {};
  const { config } = parseConfig('consumer', { 'group.protocol': protocol, 'auto.offset.reset': 'earliest', 'enable.auto.commit': false, 'max.poll.records': 1, ...strategy });
  const application = { mode: 'process-then-commit', handler: 'sync', commit: 'sync', perRecordMs: 100, perBatchMs: 0, sink: 'idempotent', pollTimeoutMs: 1_000 } as const;
  const client = consumerNode({ name: 'member', bootstrapServers: [0], config, topics: [TOPIC], group: { groupId: 'group', application, storeId: 2 } });
  const errorOf: NonNullable<GroupScene['errorOf']> = (event, before) => {
    if (event.type === 'HeartbeatRequest') return before % 3 === 1 ? 'REBALANCE_IN_PROGRESS' : before % 5 === 2 ? 'UNKNOWN_MEMBER_ID' : undefined;
    if (event.type === 'ConsumerGroupHeartbeatRequest' && before % 7 === 6) return 'FENCED_MEMBER_EPOCH';
    return event.type === 'OffsetCommitRequest' && before % 4 === 3 ? 'COORDINATOR_LOAD_IN_PROGRESS' : undefined;
  };
  const scripts = [groupBroker({ logs: [logOf(0, 100), logOf(1, 100)], errorOf, consumerHeartbeat: ({ memberEpoch }, before) => ({ memberEpoch: before + 1, ...(memberEpoch === 0 || before % 3 === 0 ? { partitions: [before % 2] } : {}) }) })];
  const world = clientWorld({ scripts, client, beside: [storeNode('store')] });
  world.runUntilMs(60_000);
  world.call('process.stop', null, 'application');
  world.runUntilMs(61_000);
}

/** The action lists of a machine, each with the place where it stands. */
function actionLists(config: unknown, place: string): { readonly place: string; readonly actions: readonly string[] }[] {
  if (typeof config !== 'object' || config === null) return [];
  return Object.entries(config).flatMap(([key, value]) => {
    if (key !== 'actions' && key !== 'entry' && key !== 'exit') return actionLists(value, `${place}.${key}`);
    return [{ place: `${place}.${key}`, actions: (Array.isArray(value) ? value : [value]).map(String) }];
  });
}

describe('the shipped machines', () => {
  const programs = Object.entries(loadPrograms('compiled')) as [string, Program][];

  it('compile without a fallback, over runs that reach most of the protocol', () => {
    exerciseMachines();
    for (const [name, { machine }] of programs) {
      const { stats } = compiledEngine.load(machine);
      expect(stats.paths, name).toBeGreaterThan(0);
      expect([stats.interpretedRoots, stats.fallbackSteps], name).toEqual([0, 0]);
    }
  });

  for (const [name, { machine }] of programs) {
    it(`${name}: every reducer is followed by handOver, and nothing else is handed over`, () => {
      for (const { place, actions } of actionLists(machine.config, name)) {
        const isPaired = actions.every((action, i) => (action === 'handOver' ? i === actions.length - 1 : actions[i + 1] === 'handOver'));
        expect(isPaired, `${place}: [${actions.join(', ')}]`).toBe(true);
      }
    });
  }
});
