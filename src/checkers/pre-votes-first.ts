/**
 * KIP-996: a voter begins an epoch only after a majority of the voters, itself counted, has told it in the epoch before that
 * they would vote for it. A voter that is cut off and comes back then deposes nobody.
 *
 * Two sides of one story have to agree. The candidate says on whose pre-votes it stands; each of those must have been in a
 * state that gives them, in the epoch before and at some moment since the candidate became Prospective there: not leading,
 * and not following a leader that had answered it. Whether the candidate stands soon after that is not asked: one that was
 * paused may stand on pre-votes of long ago, which were true when they were given.
 *
 * Left out: whether the logs were compared as they should (metadata-log judges who is elected).
 * Source: KafkaRaftClient.pollProspective, ProspectiveState, EpochState.canGrantVote; KIP-996.
 */
import type { LeaderEpoch, NodeId } from '../kafka/ids.ts';
import type { RaftView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';

export const preVotesFirst: Property = {
  name: 'pre-votes-first',
  claim: 'a voter begins an epoch only when a majority of the voters, in the epoch before, would have elected it',
  source: 'KIP-996; KafkaRaftClient.pollProspective',
  kind: 'safety',
  appliesTo: ({ voters = [], quorum }) => voters.length > 1 && quorum?.asksPreVotes === true,
  check: (context) => new PreVotesFirst(context),
};

/** A voter that asks for pre-votes, in `epoch` since `sinceUs`. */
interface Asking {
  readonly epoch: LeaderEpoch;
  readonly sinceUs: number;
}

class PreVotesFirst implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  private asking: Map<NodeId, Asking> = new Map();
  /** Of voters that run. */
  private views: Map<NodeId, RaftView> = new Map();
  /** By node and epoch: until when it last was in a state that gives pre-votes there, and is not any more. */
  private gaveUntilUs: Map<NodeId, ReadonlyMap<LeaderEpoch, number>> = new Map();

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  raftChanged(before: RaftView | undefined, after: RaftView | undefined, atUs: number): void {
    const view = after ?? before;
    if (view === undefined || !view.isVoter) return;
    const { nodeId } = view;
    if (before !== undefined && givesPreVotes(before)) this.gaveUntilUs.set(nodeId, new Map(this.gaveUntilUs.get(nodeId)).set(before.epoch, atUs));
    if (after === undefined) {
      this.views.delete(nodeId);
      this.asking.delete(nodeId);
      return;
    }
    this.views.set(nodeId, after);
    if (before !== undefined && after.epoch > before.epoch && after.votedId === nodeId) this.judge(before, after, atUs);
    if (after.role !== 'Prospective') this.asking.delete(nodeId);
    else if (before?.role !== 'Prospective' || before.epoch !== after.epoch) this.asking.set(nodeId, { epoch: after.epoch, sinceUs: atUs });
  }

  private judge({ epoch }: RaftView, { nodeId, epoch: begun, preVotes }: RaftView, atUs: number): void {
    this.findings.compared += 1;
    const { cluster, config: { voters = [] } } = this.context;
    const name = (id: NodeId): string => cluster.nameOf(id);
    const asked = this.asking.get(nodeId);
    const granted = preVotes.filter((id) => id !== nodeId && voters.includes(id));
    const isAsked = asked !== undefined && asked.epoch === epoch;
    const needed = Math.floor(voters.length / 2);
    if (!isAsked || granted.length < needed) {
      this.findings.violated(atUs, () => ({
        sentence: `${name(nodeId)} began epoch ${begun} of the quorum with pre-votes of ${granted.length === 0 ? 'no other voter' : granted.map(name).join(', ')} in epoch ${epoch}; ${needed} of the other ${voters.length - 1} voters are a majority with it`,
        details: { candidate: name(nodeId), epoch: begun, preVotes: granted.map(name), voters: voters.map(name) },
      }));
      return;
    }
    const untrue = granted.filter((id) => !this.gaveSince(id, asked));
    if (granted.length - untrue.length >= needed) return;
    this.findings.violated(atUs, () => ({
      sentence: `${name(nodeId)} began epoch ${begun} of the quorum on pre-votes of ${untrue.map(name).join(', ')}, which had a leader or another epoch ever since it asked in epoch ${epoch}`,
      details: { candidate: name(nodeId), epoch: begun, preVotes: granted.map(name), untrue: untrue.map(name) },
    }));
  }

  private gaveSince(id: NodeId, { epoch, sinceUs }: Asking): boolean {
    const now = this.views.get(id);
    return (now !== undefined && now.epoch === epoch && givesPreVotes(now)) || (this.gaveUntilUs.get(id)?.get(epoch) ?? -1) >= sinceUs;
  }

  verdict() {
    return this.findings.verdict(preVotesFirst, 'no voter began an epoch');
  }

  fork(context: CheckContext): Checker {
    const copy = new PreVotesFirst(context, this.findings.fork());
    copy.asking = new Map(this.asking);
    copy.views = new Map(this.views);
    copy.gaveUntilUs = new Map(this.gaveUntilUs);
    return copy;
  }
}

/** EpochState.canGrantVote of a pre-vote, but for the logs. */
function givesPreVotes({ role, hasFetchedFromLeader }: RaftView): boolean {
  return role !== 'Leader' && !(role === 'Follower' && hasFetchedFromLeader);
}
