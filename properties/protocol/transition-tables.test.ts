/**
 * State machines equal Kafka's tables (kafka-transitions.ts): every edge of ours is Kafka's or listed with a reason, every
 * edge of Kafka's is ours or listed with a reason, and runs take no other.
 */
import { describe, expect, it } from 'vitest';
import { MachineTable } from '../../src/explorer/coverage/machine-table.ts';
import { consumerMembershipMachine } from '../../src/actors/consumer-membership/machine.ts';
import type { ConsumerMembershipState } from '../../src/actors/consumer-membership/state.ts';
import { MEMBERSHIP_MACHINE } from '../../src/actors/group-events.ts';
import { brokerMachine } from '../../src/actors/broker/machine.ts';
import type { FetcherState } from '../../src/actors/fetcher/state.ts';
import { groupMachine } from '../../src/actors/group/machine.ts';
import { isGroupName } from '../../src/actors/group/events.ts';
import { stateNameOf, type GroupState } from '../../src/actors/group/state.ts';
import { raftMachine } from '../../src/actors/raft/machine.ts';
import type { Reduced } from '../../src/actors/reduction.ts';
import { nextBrokerState, type BrokerControlState } from '../../src/kafka/broker-heartbeat.ts';
import { VALID_PREVIOUS_STATES, type ClassicGroupState } from '../../src/kafka/group/classic-group.ts';
import { usOfMs } from '../../src/kernel/time.ts';
import type { TraceLine } from '../../src/kernel/trace.ts';
import type { World } from '../../src/kernel/world.ts';
import { callersOf, startCluster } from '../../src/scenarios/cluster.ts';
import { Plan } from '../../src/scenarios/plan.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { swarmScenario } from '../../src/scenarios/swarm.ts';
import { builtIn, requestOf, scenarioOf } from '../support/runs.ts';
import { freshSeed } from '../support/seed.ts';
import { BROKER_CONTROL_STATE, BROKER_STATE, FETCH_STATE, GROUP_STATE, MEMBER_STATE, OBSERVER_QUORUM_STATE, QUORUM_STATE, type Edge, type TransitionTable } from './kafka-transitions.ts';

const named = (edges: readonly Pick<Edge, 'from' | 'to'>[]): string[] => [...new Set(edges.map(({ from, to }) => `${from} -> ${to}`))].sort();

/** What a table allows here: Kafka's edges without the absent ones, and the additional ones. */
function allowed({ kafka, additional, absent }: TransitionTable): string[] {
  const missing = named(absent);
  return [...named(kafka).filter((each) => !missing.includes(each)), ...named(additional)].sort();
}

/** The edges of a chart between different states. A transition of the whole machine is one of each state that has none of its own for the event. */
function edgesOf(machine: MachineTable): string[] {
  const states = [...new Set(machine.rows.flatMap(({ state, target }) => [state, target]))].filter((state) => state !== '');
  return named(machine.rows.filter(({ target }) => target !== '').flatMap(({ state, event, target }) => {
    const from = state !== '' ? [state] : states.filter((each) => !machine.rows.some((row) => row.state === each && row.event === event && row.guard === ''));
    return from.filter((each) => each !== target).map((each) => ({ from: each, to: target }));
  }));
}

/** Runs a world and shows every step of a machine to `see`. */
function watch(scenario: Scenario, seed: string, see: (line: TraceLine, world: World) => void): void {
  const { faults, workload, admin, engine } = requestOf(scenario, seed);
  // Machines that boot take their first steps before there is a world to show.
  const started: { lines: readonly TraceLine[]; world: World | null } = { lines: [], world: null };
  const tracer = (line: TraceLine): void => {
    if (started.world === null) started.lines = [...started.lines, line];
    else see(line, started.world);
  };
  const world = startCluster({ scenario, seed, engine, mutants: [], plan: new Plan(faults, workload, callersOf(scenario), admin), tracer });
  started.world = world;
  for (const line of started.lines) see(line, world);
  world.runUntil(usOfMs(scenario.durationMs));
}

/** Changes of state that steps of a kind of machine made, on some of the nodes. */
class Changes {
  readonly edges: { from: string; to: string }[] = [];

  see({ stateBefore: from, stateAfter: to }: TraceLine): void {
    if (from !== undefined && to !== undefined && from !== to) this.edges.push({ from, to });
  }
}

/** Every machine named by fetcherName. */
const FETCHERS = 'fetcher/';

const SEEDS = 12;
const fresh = freshSeed('transition tables');
const swarmSeeds = [...Array.from({ length: SEEDS }, (_, index) => index + 1), fresh, fresh + 1].map(String);

describe('QuorumState', () => {
  it('the chart has the edges of Kafka, and others only with a reason', () => {
    expect(edgesOf(new MachineTable('raft', raftMachine))).toEqual(allowed(QUORUM_STATE));
  });

  it('runs take no other edge, and an observer is Unattached or Follower', () => {
    const [only, oneOfSeveral, observers] = [new Changes(), new Changes(), new Changes()];
    for (const seed of swarmSeeds) {
      const scenario = swarmScenario(seed);
      watch(scenario, seed, (line) => {
        if (line.machine !== 'raft') return;
        const isVoter = line.node.startsWith('controller-') || (scenario.cluster.combined && Number(line.node.slice('broker-'.length)) <= scenario.cluster.controllers);
        (!isVoter ? observers : scenario.cluster.controllers === 1 ? only : oneOfSeveral).see(line);
      });
    }
    const taken = named(oneOfSeveral.edges);
    const ofOneVoter = named(QUORUM_STATE.additional.filter(({ why }) => why.startsWith('the only voter')));
    expect(taken.filter((each) => !allowed(QUORUM_STATE).includes(each) || ofOneVoter.includes(each))).toEqual([]);
    expect(named(only.edges).filter((each) => !allowed(QUORUM_STATE).includes(each))).toEqual([]);
    expect(taken).toEqual(expect.arrayContaining(['Unattached -> Prospective', 'Prospective -> Candidate', 'Candidate -> Leader', 'Follower -> Prospective', 'Unattached -> Follower']));
    expect(named(observers.edges)).toEqual(allowed(OBSERVER_QUORUM_STATE));
  });
});

describe('BrokerState', () => {
  it('the chart has the edges of Kafka, and lacks others only with a reason', () => {
    expect(edgesOf(new MachineTable('broker', brokerMachine))).toEqual(allowed(BROKER_STATE));
  });

  it('runs take no other edge', () => {
    const brokers = new Changes();
    for (const seed of swarmSeeds.slice(0, 6)) {
      watch(swarmScenario(seed), seed, (line) => {
        if (line.machine === 'broker') brokers.see(line);
      });
    }
    const taken = named(brokers.edges);
    expect(taken.filter((each) => !allowed(BROKER_STATE).includes(each))).toEqual([]);
    expect(taken).toEqual(expect.arrayContaining(['Starting -> Recovery', 'Recovery -> Running']));
  });
});

describe('BrokerControlState', () => {
  it('heartbeats lead where they lead in Kafka, and nowhere else', () => {
    const states: readonly BrokerControlState[] = ['FENCED', 'UNFENCED', 'CONTROLLED_SHUTDOWN', 'SHUTDOWN_NOW'];
    const flags = [false, true];
    const edges = states.flatMap((from) => flags.flatMap((wantFence) => flags.flatMap((wantShutDown) => flags.flatMap((hasLeaderships) => flags.flatMap((isCaughtUp) => flags.map((othersKnow) => ({
      from,
      to: nextBrokerState(
        from, { currentMetadataOffset: isCaughtUp ? 10 : 9, wantFence, wantShutDown },
        { registerBrokerRecordOffset: 10, hasLeaderships, controlledShutdownOffset: 20, lowestActiveOffset: othersKnow ? 20 : 19 },
      ),
    })))))));
    expect(named(edges)).toEqual(allowed(BROKER_CONTROL_STATE));
  });
});

describe('the state of a partition that is fetched', () => {
  /** Edges of partitions while their leader epoch stays. */
  function edgesTaken(scenario: Scenario, seeds: readonly string[]): string[] {
    const edges: { from: string; to: string }[] = [];
    for (const seed of seeds) {
      const before = new Map<string, FetcherState>();
      watch(scenario, seed, ({ node, machine, incarnation }, world) => {
        if (!machine.startsWith(FETCHERS)) return;
        const context = world.contextOf(world.nodeIndex(node), machine) as Reduced<FetcherState> | undefined;
        const key = `${node}/${incarnation}/${machine}`;
        const last = before.get(key);
        if (context === undefined) before.delete(key);
        else before.set(key, context.state);
        if (context === undefined || last === undefined) return;
        for (const { topicPartition, leaderEpoch, phase } of context.state.partitions) {
          const earlier = last.partitions.find((each) => each.topicPartition === topicPartition && each.leaderEpoch === leaderEpoch);
          if (earlier !== undefined && earlier.phase !== phase) edges.push({ from: earlier.phase, to: phase });
        }
      });
    }
    return named(edges);
  }

  const scenario = builtIn('small_faulty_cluster');

  it.each(['4.1', '2.1'] as const)('runs of Kafka %s take no edge that is not in the table', (profile) => {
    const taken = edgesTaken({ ...scenario, profile }, ['1', '2', String(fresh)]);
    expect(taken.filter((each) => !allowed(FETCH_STATE).includes(each))).toEqual([]);
    expect(taken).toEqual(expect.arrayContaining(['Fetching -> Delayed', 'Delayed -> Fetching']));
    if (profile === '2.1') expect(taken).toEqual(expect.arrayContaining(['Truncating -> Cutting', 'Cutting -> Fetching']));
  });
});

/** A group of the consumer protocol whose members come, go and are thrown out, and whose coordinator moves. */
const CONSUMER_PROTOCOL = scenarioOf(`
scenario: members
duration: 40s
cluster: { brokers: 2, config: { group.consumer.session.timeout.ms: 3000, group.consumer.heartbeat.interval.ms: 500, offsets.topic.num.partitions: 2, offsets.topic.replication.factor: 2 } }
topics: [{ name: gps, partitions: 4, replicationFactor: 2 }]
producers: [{ name: truck, config: { acks: all } }]
consumers: [{ name: dashboard, count: 3, group: dashboards, topics: [gps], application: { mode: auto-commit, perRecord: 300ms }, config: { group.protocol: consumer, max.poll.interval.ms: 4000, max.poll.records: 20 } },
            { name: alarm, group: alarms, topics: [gps], application: { mode: auto-commit }, config: { group.protocol: consumer } }]
workload: [{ producer: truck, topic: gps, every: 100ms, key: "{i}" }]
faults:
  - { at: 10s, pause: dashboard-1, for: 5s }
  - { at: 16s, stop: dashboard-2, restartAfter: 2s }
  - { at: 19s, crash: broker-1, restartAfter: 1s }
  - { at: 26s, partition: [[dashboard-3, alarm], [broker-1, broker-2]], for: 5s }
`);

describe('GroupState', () => {
  it('the chart has the edges of Kafka, and others only with a reason', () => {
    expect(edgesOf(new MachineTable('group', groupMachine))).toEqual(allowed(GROUP_STATE));
  });

  it('runs of the consumer protocol take no other edge, and the chart is in the state that the image says', () => {
    const groups = new Changes();
    for (const seed of ['1', '2', '3']) {
      watch(CONSUMER_PROTOCOL, seed, (line, world) => {
        if (!isGroupName(line.machine)) return;
        groups.see(line);
        const context = world.contextOf(world.nodeIndex(line.node), line.machine) as Reduced<GroupState> | undefined;
        if (context !== undefined && line.stateAfter !== undefined) expect(line.stateAfter).toBe(stateNameOf(context.state));
      });
    }
    const taken = named(groups.edges);
    expect(taken.filter((each) => !allowed(GROUP_STATE).includes(each))).toEqual([]);
    expect(taken).toEqual(expect.arrayContaining(['Empty -> Stable', 'Stable -> Reconciling', 'Reconciling -> Stable', 'Stable -> Assigning', 'Assigning -> Reconciling']));
  });

  it('what a classic group allows itself is what the chart has', () => {
    const edges = (Object.entries(VALID_PREVIOUS_STATES) as [ClassicGroupState, readonly ClassicGroupState[]][]).flatMap(([to, before]) => before.map((from) => ({ from, to }))).filter(({ from, to }) => from !== to);
    expect(named(edges)).toEqual(named(GROUP_STATE.kafka.slice(0, 10)));
  });
});

describe('MemberState', () => {
  it('the chart has the edges of Kafka, and lacks others only with a reason', () => {
    expect(edgesOf(new MachineTable('consumerMembership', consumerMembershipMachine))).toEqual(allowed(MEMBER_STATE));
  });

  it('runs take no other edge, and the chart is in the state that the member says it is in', () => {
    const members = new Changes();
    for (const seed of ['1', '2', '3']) {
      watch(CONSUMER_PROTOCOL, seed, (line, world) => {
        if (line.machine !== MEMBERSHIP_MACHINE) return;
        members.see(line);
        const context = world.contextOf(world.nodeIndex(line.node), line.machine) as Reduced<ConsumerMembershipState> | undefined;
        // Machines that boot with the world are past their first steps when those are shown.
        if (context !== undefined && line.atUs > 0) expect(line.stateAfter).toBe(context.state.memberState);
      });
    }
    const taken = named(members.edges);
    expect(taken.filter((each) => !allowed(MEMBER_STATE).includes(each))).toEqual([]);
    expect(taken).toEqual(expect.arrayContaining(['UNSUBSCRIBED -> JOINING', 'JOINING -> RECONCILING', 'RECONCILING -> STABLE', 'STABLE -> FENCED', 'FENCED -> JOINING', 'STABLE -> STALE', 'STALE -> JOINING', 'STABLE -> LEAVING']));
  });
});

describe('the tables themselves', () => {
  it.each([QUORUM_STATE, OBSERVER_QUORUM_STATE, BROKER_STATE, BROKER_CONTROL_STATE, FETCH_STATE, GROUP_STATE, MEMBER_STATE])('$name: an edge is additional when Kafka lacks it, absent when Kafka has it', ({ kafka, additional, absent }) => {
    expect(named(additional).filter((each) => named(kafka).includes(each))).toEqual([]);
    expect(named(absent).filter((each) => !named(kafka).includes(each))).toEqual([]);
  });
});
