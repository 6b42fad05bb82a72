/**
 * The shipped machines of brokers and controller under the compiler: nothing is left to the interpreter, and the
 * interpreter runs the very same course. Also the statecharts as their comments describe them.
 */
import { describe, expect, it } from 'vitest';
import { GROUP_REQUESTS } from '../../src/actors/group-coordinator/requests.ts';
import { CONTROLLER_REQUESTS } from '../../src/actors/controller/requests.ts';
import { compiledEngine } from '../../src/kernel/statechart/engines.ts';
import type { EngineName } from '../../src/kernel/statechart/engine.ts';
import { BROKER_SIDE_MACHINES, CONTROLLER, type BrokerCluster } from '../support/broker-cluster.ts';
import { GroupCluster } from '../support/group-cluster.ts';

/** Elections, truncation, a shrunk ISR, a controller that restarts, a group that rebalances: every machine gets about. */
function eventful(engine: EngineName): BrokerCluster {
  const cluster = new GroupCluster({ engine, partitions: 2, config: { 'leader.imbalance.check.interval.seconds': 30, 'offsets.retention.minutes': 1, 'offsets.retention.check.interval.ms': 10_000 } });
  cluster.startGroups();
  const [member] = cluster.stableGroup([1, 2]);
  cluster.commit(1, 7, member?.memberId, 1);
  const leader = cluster.leader();
  cluster.produce(leader, 'a', -1);
  cluster.cut('followers', [leader], cluster.followers());
  cluster.produce(leader, 'b', 1);
  cluster.run(16_000);
  cluster.world.crash(leader, 'test');
  cluster.mend('followers');
  cluster.run(10_000);
  cluster.world.crash(CONTROLLER, 'test');
  cluster.run(3_000);
  cluster.heal();
  cluster.settle(120_000);
  cluster.run(40_000);
  cluster.beginJoin(3);
  cluster.run(80_000);
  return cluster;
}

describe('a run of the cluster', () => {
  it('leaves no step of any machine to the interpreter', () => {
    eventful('compiled');
    for (const [name, machine] of Object.entries(BROKER_SIDE_MACHINES)) {
      const { interpretedRoots, fallbackSteps, paths } = compiledEngine.load(machine).stats;
      expect({ name, interpretedRoots, fallbackSteps }).toEqual({ name, interpretedRoots: 0, fallbackSteps: 0 });
      expect(paths, name).toBeGreaterThan(1);
    }
  });

  it('is the same with every engine', () => {
    const [compiled, interpreter, live] = (['compiled', 'interpreter', 'live'] as const).map((name) => {
      const { world } = eventful(name);
      return [world.digest.toString(), world.events, world.nowUs];
    });
    expect(interpreter).toEqual(compiled);
    expect(live).toEqual(compiled);
  });
});

/** State, then each event that means something there. */
const CHARTS: { readonly [name in Exclude<keyof typeof BROKER_SIDE_MACHINES, 'admin'>]: { readonly [state: string]: readonly string[] } } = {
  replica: {
    Offline: ['partition.changed'],
    Follower: ['follower.diverged', 'follower.epochEnd', 'follower.fetched', 'follower.outOfRange', 'partition.changed'],
    Closing: ['close.flushed'],
    Closed: [],
    Leader: ['alterPartition.answered', 'fetch.read', 'highWatermark.await', 'listOffsets.read', 'log.deleteRecords', 'log.load', 'offsetForLeaderEpoch.read', 'partition.changed', 'produce.append', 'timer.isrExpiration'],
  },
  fetcher: {
    Idle: ['fetcher.add', 'fetcher.truncated', 'timer.backoff'],
    Deciding: [],
    Fetching: ['FetchResponse', 'connection.lost'],
    ListingOffsets: ['ListOffsetsResponse', 'connection.lost'],
    Truncating: ['OffsetForLeaderEpochResponse', 'connection.lost'],
    Cutting: ['fetcher.add', 'fetcher.remove', 'fetcher.truncated'],
  },
  alterPartition: { Idle: ['alterPartition.submit'], Sending: ['AlterPartitionResponse', 'connection.lost'], BackingOff: [], Deciding: [] },
  producerIds: { Idle: ['producerId.generate'], Asking: ['AllocateProducerIdsResponse', 'connection.lost'], BackingOff: [], Deciding: [] },
  raft: {
    Unattached: ['timer.election'],
    Prospective: ['timer.election'],
    Candidate: ['timer.election'],
    Leader: ['raft.append', 'timer.beginQuorumEpoch', 'timer.checkQuorum', 'timer.parked'],
    Follower: ['timer.fetchTimeout'],
    Resigned: ['timer.election'],
  },
  metadata: { CatchingUp: ['broker.closing', 'broker.registered', 'raft.committed'], Publishing: ['broker.registered', 'raft.committed'], Closing: ['log.closed'], Closed: ['marker.flushed'] },
  broker: {
    Starting: ['BrokerRegistrationResponse', 'timer.next'],
    Recovery: ['BrokerHeartbeatResponse', 'timer.next'],
    Running: ['BrokerHeartbeatResponse', 'process.stop', 'timer.next'],
    PendingControlledShutdown: ['BrokerHeartbeatResponse', 'timer.next'],
    ShuttingDown: [],
  },
  apis: {
    Starting: ['DeleteRecordsRequest', 'FetchRequest', 'InitProducerIdRequest', 'ListOffsetsRequest', 'MetadataRequest', 'OffsetForLeaderEpochRequest', 'ProduceRequest', 'metadata.published'],
    Running: [
      'DeleteRecordsRequest', 'FetchRequest', 'InitProducerIdRequest', 'ListOffsetsRequest', 'MetadataRequest', 'OffsetForLeaderEpochRequest', 'ProduceRequest', 'deleteRecords.partitionDone', 'fetch.allRead', 'fetch.outdated', 'fetch.wakeUp', 'listOffsets.partitionRead',
      'metadata.published', 'offsetForLeaderEpoch.partitionRead', 'produce.appended', 'produce.replicated', 'producerId.generated', 'timer.deleteRecords', 'timer.fetch', 'timer.produce',
    ],
  },
  groupCoordinator: {
    Starting: [...GROUP_REQUESTS, 'metadata.published'].toSorted(),
    Running: [...GROUP_REQUESTS, 'CreateTopicsResponse', 'connection.lost', 'group.ended', 'log.loaded', 'metadata.published', 'timer.cleanup', 'timer.creation', 'timer.load'].toSorted(),
  },
  // Every event means something in every state of a group; the states are held to Kafka's edges in properties/protocol.
  group: { Empty: [], PreparingRebalance: [], CompletingRebalance: [], Assigning: [], Reconciling: [], Stable: [], Dead: [] },
  controller: {
    Standby: [...CONTROLLER_REQUESTS, 'raft.becameLeader', 'raft.committed'].toSorted(),
    Active: [...CONTROLLER_REQUESTS, 'raft.committed', 'raft.resigned', 'timer.balance', 'timer.session', 'timer.unclean'].toSorted(),
  },
};

describe('the statechart', () => {
  it.each(Object.keys(CHARTS) as (keyof typeof CHARTS)[])('of the %s has the states and events that are documented', (name) => {
    const { states } = BROKER_SIDE_MACHINES[name];
    const chart = Object.fromEntries(Object.entries(states).map(([state, node]) => [state, (node.ownEvents as readonly string[]).filter((event) => !event.startsWith('xstate.')).toSorted()]));
    expect(chart).toEqual(CHARTS[name]);
  });
});
