/**
 * KR-5: a leader of the quorum from which no majority of the voters fetches resigns (check-quorum). It would commit nothing,
 * but brokers on its side of a partition would go on believing it.
 *
 *   activeUs = how long the leader has been running since the last voter fetched that made up a majority with those that had
 *              fetched since the majority before (LeaderState.updateCheckQuorumForFollowingVoter)
 *   activeUs <= 1.5 * controller.quorum.fetch.timeout.ms, by the leader's own clock
 *
 * The fetches are read off what the leader knows of each voter, which no rule changes. A leader that runs is seen at least every
 * half a fetch timeout, when BeginQuorumEpoch is due: a longer gap is a process that stood still, which is no time in which
 * it could resign. A shorter one that ends after the deadline cannot be told from running, so that one fetch timeout more is
 * allowed. Clocks: all is stretched to the slowest clock that the faults make.
 *
 * Source: LeaderState.timeUntilCheckQuorumExpires, CHECK_QUORUM_TIMEOUT_FACTOR; KAFKA-15489.
 */
import type { LeaderEpoch, NodeId } from '../kafka/ids.ts';
import type { RaftLeadershipView, RaftView } from '../kafka/views.ts';
import { formatUs, usOfMs } from '../kernel/time.ts';
import type { CheckConfig, CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';

/** LeaderState.CHECK_QUORUM_TIMEOUT_FACTOR. */
const CHECK_QUORUM_TIMEOUT_FACTOR = 1.5;
/** BeginQuorumEpoch is due every so many fetch timeouts. */
const BEGIN_QUORUM_EPOCH_FACTOR = 0.5;
/** More than a disk makes a process wait between two steps. */
const STALL_US = usOfMs(100);
const PPM = 1_000_000;
const NOBODY: readonly NodeId[] = [];

export const quorumLeaderResigns: Property = {
  name: 'quorum-leader-resigns',
  claim: 'a leader of the quorum goes on leading only while a majority of the voters fetches from it',
  source: 'KR-5; KAFKA-15489, LeaderState.CHECK_QUORUM_TIMEOUT_FACTOR',
  kind: 'safety',
  appliesTo: ({ voters = [], quorum }) => voters.length > 1 && quorum?.checksQuorum === true,
  check: (context) => new QuorumLeaderResigns(context),
};

/** A leader, since the last time that a majority had fetched. It is seen with each of its fetches, and so is changed in place. */
interface Led {
  readonly epoch: LeaderEpoch;
  heard: readonly NodeId[];
  activeUs: number;
  seenUs: number;
  /** Reported, once in an epoch. */
  isOverdue: boolean;
}

class QuorumLeaderResigns implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  private readonly led: Map<NodeId, Led>;
  /** At most this apart are two sights of a leader that runs. */
  private readonly gapUs: number;
  private readonly boundUs: number;
  private readonly others: number;

  constructor(context: CheckContext, findings = new Findings(), led = new Map<NodeId, Led>()) {
    this.context = context;
    this.findings = findings;
    this.led = led;
    const { voters = [] } = context.config;
    const timeoutUs = slowestUs(context.config);
    this.gapUs = BEGIN_QUORUM_EPOCH_FACTOR * timeoutUs + STALL_US;
    this.boundUs = (CHECK_QUORUM_TIMEOUT_FACTOR + 1) * timeoutUs;
    this.others = Math.floor(voters.length / 2);
  }

  get violations(): number {
    return this.findings.violations;
  }

  raftChanged(before: RaftView | undefined, after: RaftView | undefined, atUs: number): void {
    if (after === undefined || after.leadership === null) {
      const gone = before ?? after;
      if (gone !== undefined) this.led.delete(gone.nodeId);
      return;
    }
    const { nodeId, epoch, leadership } = after;
    const last = this.led.get(nodeId);
    if (last === undefined || last.epoch !== epoch) {
      this.led.set(nodeId, { epoch, heard: NOBODY, activeUs: 0, seenUs: atUs, isOverdue: false });
      return;
    }
    const fetched = fetchedNow(before?.leadership ?? null, leadership);
    if (fetched.length > 0) last.heard = [...new Set([...last.heard, ...fetched])];
    const gap = atUs - last.seenUs;
    last.seenUs = atUs;
    if (last.heard.length >= this.others) {
      this.findings.compared += 1;
      last.heard = NOBODY;
      last.activeUs = 0;
      return;
    }
    if (gap <= this.gapUs) last.activeUs += gap;
    if (last.activeUs <= this.boundUs || last.isOverdue) return;
    last.isOverdue = true;
    this.overdue(nodeId, last, atUs);
  }

  private overdue(nodeId: NodeId, { epoch, heard, activeUs }: Led, atUs: number): void {
    const { cluster, config: { voters = [], quorum } } = this.context;
    const leader = cluster.nameOf(nodeId);
    const names = heard.map((id) => cluster.nameOf(id));
    this.findings.violated(atUs, () => ({
      sentence: `${leader} leads the quorum in epoch ${epoch}, and has run for ${formatUs(activeUs)} without a fetch of ${this.others} of the other ${voters.length - 1} voters${names.length === 0 ? '' : ` (only of ${names.join(', ')})`}: it is to resign after 1.5 times ${quorum?.fetchTimeoutMs ?? 0} ms`,
      details: { leader, epoch, activeUs, fetched: names, fetchTimeoutMs: quorum?.fetchTimeoutMs ?? 0 },
    }));
  }

  verdict() {
    return this.findings.verdict(quorumLeaderResigns, 'no leader of the quorum was fetched from by a majority of the voters');
  }

  fork(context: CheckContext): Checker {
    const led = new Map([...this.led].map(([nodeId, each]) => [nodeId, { ...each }]));
    return new QuorumLeaderResigns(context, this.findings.fork(), led);
  }
}

/** True time in which the slowest clock counts a fetch timeout, µs. */
function slowestUs({ quorum }: CheckConfig): number {
  return Math.ceil((usOfMs(quorum?.fetchTimeoutMs ?? 0) * PPM) / (PPM + (quorum?.slowestClockPpm ?? 0)));
}

/** The voters whose entries changed: they have fetched. */
function fetchedNow(before: RaftLeadershipView | null, { voterStates }: RaftLeadershipView): readonly NodeId[] {
  if (before === null || before.voterStates === voterStates) return NOBODY;
  return voterStates.filter((state, i) => state !== before.voterStates[i]).map(({ id }) => id);
}
