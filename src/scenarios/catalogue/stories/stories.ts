/**
 * Stories that were published: KIPs, issues, papers and analyses that tell, step by step, how a cluster fails, or how it
 * does not. Each is exact: hand-made faults and operations, a fixed seed, latency without a tail. Its trace is in
 * properties/golden/stories.
 */
import { hundredBrokers } from './hundred-brokers.ts';
import { jepsen2013 } from './jepsen-2013.ts';
import { kip101Divergence } from './kip-101-divergence.ts';
import { kip101Loss } from './kip-101-loss.ts';
import { kip279FastFailover } from './kip-279-fast-failover.ts';
import { kip320ZombieReplica } from './kip-320-zombie-replica.ts';
import { kip497MaximalIsr } from './kip-497-maximal-isr.ts';
import { kip903StaleProposal } from './kip-903-stale-proposal.ts';
import { kip966LastReplicaStanding } from './kip-966-last-replica-standing.ts';
import { quorumFailover } from './quorum-failover.ts';
import { raftFigure8 } from './raft-figure-8.ts';
import { reassignment } from './reassignment.ts';
import { rollingRestart } from './rolling-restart.ts';
import { slowFollower } from './slow-follower.ts';
import { zombieLeader } from './zombie-leader.ts';

export const STORIES = [
  { name: 'kip_101_loss', text: kip101Loss },
  { name: 'kip_101_divergence', text: kip101Divergence },
  { name: 'kip_279_fast_failover', text: kip279FastFailover },
  { name: 'kip_320_zombie_replica', text: kip320ZombieReplica },
  { name: 'kip_497_maximal_isr', text: kip497MaximalIsr },
  { name: 'kip_903_stale_proposal', text: kip903StaleProposal },
  { name: 'kip_966_last_replica_standing', text: kip966LastReplicaStanding },
  { name: 'jepsen_2013', text: jepsen2013 },
  { name: 'raft_figure_8', text: raftFigure8 },
  { name: 'zombie_leader', text: zombieLeader },
  { name: 'slow_follower', text: slowFollower },
  { name: 'rolling_restart', text: rollingRestart },
  { name: 'quorum_failover', text: quorumFailover },
  { name: 'reassignment', text: reassignment },
  { name: 'hundred_brokers', text: hundredBrokers },
] as const;

export type StoryName = (typeof STORIES)[number]['name'];
