/**
 * A replica of the controller quorum, named `raft`: a voter, or an observer that only follows.
 *
 *   Unattached   knows no leader; asks the voters for one, may give its vote
 *     the election timeout is over             -> Prospective (voters)
 *   Prospective  asks whether it would be elected, in the epoch it is in (KIP-996)
 *     a majority would                         -> Candidate
 *     a majority would not, or too few answer  -> Follower of the leader it knew, or Unattached
 *   Candidate    has begun an epoch and asks for votes
 *     a majority votes for it                  -> Leader
 *     the election is lost or takes too long   -> Prospective, after a back-off
 *   Leader       appends, serves fetches, moves the high watermark
 *     no majority fetches                      -> Resigned
 *   Follower     fetches from the leader
 *     the fetch timeout is over                -> Prospective; an observer -> Unattached
 *   Resigned     led this epoch and never will again; tells the voters so
 *     the election timeout is over             -> Unattached, one epoch further
 *
 * From any of them: a higher epoch -> Unattached, its leader known -> Follower. The reducers decide on the role; the table
 * says which changes there are, and the guards carry them out. Without pre-votes Prospective is passed over. A quorum
 * of one becomes Leader in its first step, whatever it was. A disk that refuses ends the process (Kafka's fault handler).
 *
 * Source: org.apache.kafka.raft.KafkaRaftClient, QuorumState; KIP-595, KIP-630, KIP-996, KIP-1166.
 */
import { setup } from 'xstate';
import type { ConnectionLost, DiskOutcome, Effect, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type {
  BeginQuorumEpochRequest, BeginQuorumEpochResponse, EndQuorumEpochRequest, EndQuorumEpochResponse, EpochEndOffset, FetchRequest, FetchResponse, FetchSnapshotRequest, FetchSnapshotResponse, MetadataBatch, VoteRequest, VoteResponse,
} from '../../kafka/api.ts';
import type { NodeId } from '../../kafka/ids.ts';
import type { RaftRole } from '../../kafka/views.ts';
import { handOver, type Reduced } from '../reduction.ts';
import { electionTimedOut, handleVoteRequest, handleVoteResponse } from './elections.ts';
import type { RaftAppend, RaftSnapshotTaken } from './events.ts';
import { fetchTimeUp, handleFetch } from './fetch-service.ts';
import { fetchTimedOut, handleFetchResponse } from './follower.ts';
import { handleBeginQuorumEpoch, handleEndQuorumEpoch, handleEndQuorumEpochResponse } from './goodbye.ts';
import { append, beginQuorumEpochDue, checkQuorumExpired, handleBeginQuorumEpochResponse } from './leader.ts';
import { connectionLost, endBackoff, requestTimedOut } from './requests.ts';
import { handleFetchSnapshot, handleFetchSnapshotResponse, snapshotFlushed, storeSnapshot } from './snapshots.ts';
import { bootRaft, start } from './start.ts';
import type { RaftInput, RaftState } from './state.ts';
import { quorumStateFlushed, raftStep } from './step.ts';
import { noteLogFlushed } from './storage.ts';

export type RaftMachineEvent =
  | Received<VoteRequest | BeginQuorumEpochRequest | EndQuorumEpochRequest | FetchRequest | FetchSnapshotRequest>
  | Received<VoteResponse | BeginQuorumEpochResponse | EndQuorumEpochResponse | FetchResponse<MetadataBatch> | FetchSnapshotResponse>
  | RaftAppend
  | RaftSnapshotTaken
  | Stimulus<'connection.lost', ConnectionLost>
  | Stimulus<'log.flushed' | 'snapshot.flushed' | 'quorumState.flushed' | 'disk.writeFailed' | 'disk.flushFailed', DiskOutcome>
  | Stimulus<'timer.start' | 'timer.election' | 'timer.fetchTimeout' | 'timer.checkQuorum' | 'timer.beginQuorumEpoch'>
  | Stimulus<'timer.request' | 'timer.backoff' | 'timer.parked', NodeId>;

type Timer = Stimulus<string, NodeId>;
type Flushed = Stimulus<string, DiskOutcome>;

/** A role ends as the reducers said; only into these others. */
const toRoles = (...roles: readonly RaftRole[]) => roles.map((role) => ({ guard: { type: 'isRole' as const, params: role }, target: role }));

export const raftMachine = setup({
  types: {} as { context: Reduced<RaftState>; events: RaftMachineEvent; input: RaftInput; emitted: EffectsEmitted },
  guards: {
    isRole: ({ context }, role: RaftRole) => context.state.role === role,
  },
  actions: {
    start: raftStep((state, _event: Timer, effects) => start(state, effects)),
    electionTimedOut: raftStep((state, _event: Timer, effects) => electionTimedOut(state, effects)),
    fetchTimedOut: raftStep((state, _event: Timer, effects) => fetchTimedOut(state, effects)),
    checkQuorumExpired: raftStep((state, _event: Timer, effects) => checkQuorumExpired(state, effects)),
    beginQuorumEpochDue: raftStep((state, _event: Timer, effects) => beginQuorumEpochDue(state, effects)),
    fetchTimeUp: raftStep((state, { data }: Timer, effects) => fetchTimeUp(state, data, effects)),
    requestTimedOut: raftStep((state, { data }: Timer, effects) => requestTimedOut(state, data, effects)),
    endBackoff: raftStep((state, { data }: Timer) => endBackoff(state, data)),
    connectionLost: raftStep((state, { data }: Stimulus<string, ConnectionLost>, effects) => connectionLost(state, data.peer, effects)),
    handleVoteRequest: raftStep(handleVoteRequest),
    handleVoteResponse: raftStep(handleVoteResponse),
    handleBeginQuorumEpoch: raftStep(handleBeginQuorumEpoch),
    handleBeginQuorumEpochResponse: raftStep(handleBeginQuorumEpochResponse),
    handleEndQuorumEpoch: raftStep(handleEndQuorumEpoch),
    handleEndQuorumEpochResponse: raftStep(handleEndQuorumEpochResponse),
    handleFetch: raftStep(handleFetch),
    handleFetchResponse: raftStep(handleFetchResponse),
    handleFetchSnapshot: raftStep(handleFetchSnapshot),
    handleFetchSnapshotResponse: raftStep(handleFetchSnapshotResponse),
    append: raftStep(append),
    storeSnapshot: raftStep(storeSnapshot),
    logFlushed: raftStep((state, { data }: Flushed) => noteLogFlushed(state, data)),
    snapshotFlushed: raftStep((state, { data }: Flushed, effects) => snapshotFlushed(state, data.data as EpochEndOffset, effects)),
    quorumStateFlushed: raftStep((state, { data }: Flushed) => quorumStateFlushed(state, data.data as number)),
    terminate: raftStep((state, _event: Flushed, effects: Effect[]) => {
      effects.push({ kind: 'halt', reason: 'the metadata log directory failed' });
      return state;
    }),
    handOver,
  },
}).createMachine({
  id: 'raft',
  context: ({ input }) => bootRaft(input),
  entry: 'handOver',
  initial: 'Unattached',
  on: {
    'timer.start': { actions: ['start', 'handOver'] },
    VoteRequest: { actions: ['handleVoteRequest', 'handOver'] },
    BeginQuorumEpochRequest: { actions: ['handleBeginQuorumEpoch', 'handOver'] },
    EndQuorumEpochRequest: { actions: ['handleEndQuorumEpoch', 'handOver'] },
    FetchRequest: { actions: ['handleFetch', 'handOver'] },
    FetchSnapshotRequest: { actions: ['handleFetchSnapshot', 'handOver'] },
    // Answers: those that are expected belong to the present role, since a change of role forgets the others.
    VoteResponse: { actions: ['handleVoteResponse', 'handOver'] },
    BeginQuorumEpochResponse: { actions: ['handleBeginQuorumEpochResponse', 'handOver'] },
    EndQuorumEpochResponse: { actions: ['handleEndQuorumEpochResponse', 'handOver'] },
    FetchResponse: { actions: ['handleFetchResponse', 'handOver'] },
    FetchSnapshotResponse: { actions: ['handleFetchSnapshotResponse', 'handOver'] },
    'connection.lost': { actions: ['connectionLost', 'handOver'] },
    'timer.request': { actions: ['requestTimedOut', 'handOver'] },
    'timer.backoff': { actions: ['endBackoff', 'handOver'] },
    'raft.snapshotTaken': { actions: ['storeSnapshot', 'handOver'] },
    'log.flushed': { actions: ['logFlushed', 'handOver'] },
    'snapshot.flushed': { actions: ['snapshotFlushed', 'handOver'] },
    'quorumState.flushed': { actions: ['quorumStateFlushed', 'handOver'] },
    'disk.writeFailed': { actions: ['terminate', 'handOver'] },
    'disk.flushFailed': { actions: ['terminate', 'handOver'] },
  },
  states: {
    Unattached: {
      // Resigned and Follower also as a restart finds them; Leader alone in a quorum of one.
      always: toRoles('Prospective', 'Candidate', 'Leader', 'Follower', 'Resigned'),
      on: {
        'timer.election': { actions: ['electionTimedOut', 'handOver'] },
      },
    },
    Prospective: {
      always: toRoles('Candidate', 'Unattached', 'Follower', 'Leader'),
      on: {
        'timer.election': { actions: ['electionTimedOut', 'handOver'] },
      },
    },
    Candidate: {
      always: toRoles('Prospective', 'Unattached', 'Follower', 'Leader'),
      on: {
        'timer.election': { actions: ['electionTimedOut', 'handOver'] },
      },
    },
    Leader: {
      always: toRoles('Resigned', 'Unattached', 'Follower'),
      on: {
        'raft.append': { actions: ['append', 'handOver'] },
        'timer.parked': { actions: ['fetchTimeUp', 'handOver'] },
        'timer.checkQuorum': { actions: ['checkQuorumExpired', 'handOver'] },
        'timer.beginQuorumEpoch': { actions: ['beginQuorumEpochDue', 'handOver'] },
      },
    },
    Follower: {
      always: toRoles('Prospective', 'Candidate', 'Unattached'),
      on: {
        'timer.fetchTimeout': { actions: ['fetchTimedOut', 'handOver'] },
      },
    },
    Resigned: {
      // Leader only as before KAFKA-10527.
      always: toRoles('Unattached', 'Follower', 'Leader'),
      on: {
        'timer.election': { actions: ['electionTimedOut', 'handOver'] },
      },
    },
  },
});
