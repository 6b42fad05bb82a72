/**
 * S-17, and S-02 for the quorum: the metadata log is one log. An epoch has one leader (ElectionSafety), and once: who restarts
 * does not lead it again (KR-5); a batch stands at its offset in its epoch with one content and one predecessor in every
 * log (LogMatching); whoever comes to lead holds all that was committed in earlier epochs (LeaderCompleteness); what is
 * committed is on a majority of the voters, also after a power loss (Durability: voters flush before they count); nobody cuts
 * what it knows to be committed, gives two votes in an epoch, or goes back in epochs; a leader commits nothing of older epochs but with
 * an entry of its own behind it (KR-4, figure 8 of the Raft paper); and every image of the metadata is the
 * replay of a committed prefix.
 *
 * The ghosts are who led each epoch, each batch ever written by epoch and offset with the epoch before it (which makes log
 * matching a matter of neighbours), and the committed batches with the image that they replay to. A disk that was wiped is
 * beyond the promise: while wiped voters are what is missing of a majority, losses are excused.
 *
 * Left out: votes across restarts, whose durability shows in the leaders; changes of the voters (KIP-853).
 * Source: ElectionSafety, LogMatching, LeaderCompleteness of the KIP-996 specification; Raft, section 5; KAFKA-12460, KAFKA-10527.
 */
import { NO_LEADER } from '../kafka/ids.ts';
import type { LeaderEpoch, NodeId, Offset } from '../kafka/ids.ts';
import type { MetadataBatch } from '../kafka/api.ts';
import type { MetadataImage } from '../kafka/metadata.ts';
import type { RaftLog } from '../kafka/raft-log.ts';
import type { RaftView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { CommittedMetadata, agreesAt, sameBatch, sameImage } from './committed-metadata.ts';
import { Findings } from './findings.ts';

export const metadataLog: Property = {
  name: 'metadata-log',
  claim: 'the metadata log has one leader in an epoch, one history, and loses nothing that is committed',
  source: 'S-17, S-02; KIP-595, KIP-996 specification, Raft section 5',
  kind: 'safety',
  appliesTo: ({ voters }) => voters !== undefined,
  check: (context) => new MetadataLogChecker(context),
};

/** A batch where it was first seen, and the epoch of what stands before it. */
interface Written {
  readonly batch: MetadataBatch;
  readonly epochBefore: LeaderEpoch;
  readonly nodeId: NodeId;
}

class MetadataLogChecker implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  private leaders: ReadonlyMap<LeaderEpoch, NodeId> = new Map();
  /** By `epoch/baseOffset`. Metadata is little, so all of it is kept. */
  private written: Map<string, Written> = new Map();
  private committed = new CommittedMetadata();
  /** By node: its log, also while it is down; and the voters among them. */
  private logs = new Map<NodeId, RaftLog>();
  /** By node that runs: its log as it was judged last. */
  private judged = new Map<NodeId, RaftLog>();
  private readonly voters: Set<NodeId>;
  private wiped: ReadonlySet<NodeId> = new Set();
  /** By node: the image that it was last seen to have. */
  private images = new Map<NodeId, MetadataImage>();

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
    this.voters = new Set(context.config.voters ?? []);
  }

  get violations(): number {
    return this.findings.violations;
  }

  raftChanged(before: RaftView | undefined, after: RaftView | undefined, atUs: number): void {
    if (after === undefined) {
      if (before === undefined) return;
      this.images.delete(before.nodeId);
      this.judged.delete(before.nodeId);
      return;
    }
    const { nodeId, log } = after;
    if (after.isVoter) this.voters.add(nodeId);
    if (!after.isLeader || leads(after)) this.judgeAppended(nodeId, log, atUs);
    this.logs.set(nodeId, log);
    if (before !== undefined) this.judgeSteps(before, after, atUs);
    if (!after.isLeader) return;
    if (leads(after) && (before === undefined || !leads(before) || before.epoch !== after.epoch)) this.judgeLeader(after, atUs);
    if (after.highWatermark > (before?.highWatermark ?? 0)) this.judgeOwnEpochFirst(after, atUs);
    if (after.highWatermark > this.committed.endOffset) this.judgeCommit(after, atUs);
  }

  raftDiskFound(nodeId: NodeId, log: RaftLog, isWiped: boolean, atUs: number): void {
    this.logs.set(nodeId, log);
    if (isWiped) this.wiped = new Set(this.wiped).add(nodeId);
    if (this.voters.has(nodeId)) this.judgeDurability(atUs);
  }

  /** LogMatching, by neighbours: what stands at an offset in an epoch, and what stands before it. */
  private judgeAppended(nodeId: NodeId, log: RaftLog, atUs: number): void {
    const before = this.judged.get(nodeId);
    if (log === before) return;
    this.judged.set(nodeId, log);
    const from = before === undefined ? log.startOffset : Math.max(log.startOffset, Math.min(before.endOffset, log.endOffset));
    for (const batch of log.read(from, log.endOffset)) {
      const place = `${batch.partitionLeaderEpoch}/${batch.baseOffset}`;
      const epochBefore = log.epochBefore(batch.baseOffset);
      const known = this.written.get(place);
      if (known === undefined) {
        this.written.set(place, { batch, epochBefore, nodeId });
        continue;
      }
      this.findings.compared += 1;
      if (sameBatch(known.batch, batch) && known.epochBefore === epochBefore) continue;
      const [one, two] = [this.name(known.nodeId), this.name(nodeId)];
      this.violated(atUs, `${one} and ${two} both hold a batch of epoch ${batch.partitionLeaderEpoch} at offset ${batch.baseOffset} of the metadata log, but ${known.epochBefore === epochBefore ? 'not the same one' : `after epochs ${known.epochBefore} and ${epochBefore}`}`);
    }
  }

  private judgeSteps(before: RaftView, after: RaftView, atUs: number): void {
    const node = this.name(after.nodeId);
    if (after.epoch < before.epoch) this.violated(atUs, `${node} went back from epoch ${before.epoch} of the quorum to ${after.epoch}`);
    if (after.epoch === before.epoch && before.votedId !== NO_LEADER && after.votedId !== NO_LEADER && after.votedId !== before.votedId) {
      this.violated(atUs, `${node} voted for ${this.name(before.votedId)} and for ${this.name(after.votedId)} in epoch ${after.epoch} of the quorum`);
    }
    if (after.log.endOffset < before.highWatermark) this.violated(atUs, `${node} cut the metadata log at ${after.log.endOffset}, below the high watermark ${before.highWatermark} that it knew`);
    if (after.highWatermark > after.log.endOffset) this.violated(atUs, `${node} takes the metadata log for committed up to ${after.highWatermark}, and holds it up to ${after.log.endOffset}`);
  }

  private judgeLeader({ nodeId, epoch, log }: RaftView, atUs: number): void {
    this.findings.compared += 1;
    const other = this.leaders.get(epoch);
    if (other === undefined) this.leaders = new Map(this.leaders).set(epoch, nodeId);
    else if (other !== nodeId) this.violated(atUs, `${this.name(nodeId)} leads the quorum in epoch ${epoch}, in which ${this.name(other)} has led it`);
    else this.violated(atUs, `${this.name(nodeId)} leads the quorum in epoch ${epoch} for a second time: what it wrote there at first it may have lost`);
    const { endOffset, lastEpoch } = this.committed;
    // LeaderCompleteness is about later leaders. One of an older epoch got its last vote late (it was paused, say): it commits nothing.
    if (epoch < lastEpoch || agreesAt(log, endOffset, lastEpoch)) return;
    if (this.isBeyondPromise()) this.findings.excuse(1, 'the disks of a majority of the voters were wiped');
    else this.violated(atUs, `${this.name(nodeId)} leads the quorum in epoch ${epoch} without all that is committed: that reaches ${endOffset} (epoch ${lastEpoch}), its log ${log.endOffset}`);
  }

  /** The last entry that a leader commits is of its own epoch: a majority that holds it elects nobody who lacks what is before. */
  private judgeOwnEpochFirst({ nodeId, epoch, log, highWatermark }: RaftView, atUs: number): void {
    if (highWatermark > log.endOffset || highWatermark < log.startOffset) return;
    this.findings.compared += 1;
    const lastEpoch = log.epochBefore(highWatermark);
    if (lastEpoch < epoch) this.violated(atUs, `${this.name(nodeId)} commits the metadata log up to ${highWatermark} as leader of epoch ${epoch}, and the last entry of that is of epoch ${lastEpoch}`);
  }

  /** What a leader commits continues what is committed. */
  private judgeCommit({ nodeId, epoch, log, highWatermark }: RaftView, atUs: number): void {
    const { endOffset, lastEpoch } = this.committed;
    if (agreesAt(log, endOffset, lastEpoch)) {
      this.committed.extend(log, highWatermark);
      this.judgeDurability(atUs);
    } else if (this.isBeyondPromise()) this.findings.excuse(1, 'the disks of a majority of the voters were wiped');
    else this.violated(atUs, `${this.name(nodeId)} commits the metadata log up to ${highWatermark} in epoch ${epoch}, and has not what was committed up to ${endOffset} (epoch ${lastEpoch})`);
  }

  private judgeDurability(atUs: number): void {
    const { endOffset, lastEpoch } = this.committed;
    if (endOffset === 0) return;
    this.findings.compared += 1;
    const holders = [...this.voters].filter((id) => this.holdsCommitted(id));
    if (2 * holders.length > this.voters.size) return;
    if (this.isBeyondPromise()) {
      this.findings.excuse(1, 'the disks of a majority of the voters were wiped');
      return;
    }
    this.violated(atUs, `the metadata log is committed up to ${endOffset} (epoch ${lastEpoch}), and only ${holders.length} of ${this.voters.size} voters hold it: ${holders.map((id) => this.name(id)).join(', ') || 'nobody'}`);
  }

  private holdsCommitted(id: NodeId): boolean {
    const log = this.logs.get(id);
    return log !== undefined && agreesAt(log, this.committed.endOffset, this.committed.lastEpoch);
  }

  /** Voters that were wiped, and do not hold everything again, are what is missing of a majority. */
  private isBeyondPromise(): boolean {
    const missing = [...this.wiped].filter((id) => this.voters.has(id) && !this.holdsCommitted(id)).length;
    return missing > 0 && 2 * ([...this.voters].filter((id) => this.holdsCommitted(id)).length + missing) > this.voters.size;
  }

  imageSeen(nodeId: NodeId, image: MetadataImage, atUs: number): void {
    if (this.committed.endOffset === 0) return;
    const older = this.images.get(nodeId);
    this.images.set(nodeId, image);
    this.findings.compared += 1;
    const replayed = image.offset < 0 ? undefined : this.committed.imageAt(image.offset);
    if (image.offset >= this.committed.endOffset) this.violated(atUs, `${this.name(nodeId)} has an image of the metadata at offset ${image.offset}, and only what is below ${this.committed.endOffset} is committed`);
    else if (replayed !== undefined && !sameImage(image, older, replayed)) this.violated(atUs, `${this.name(nodeId)} has an image of the metadata at offset ${image.offset} that the metadata log does not replay to`);
  }

  private violated(atUs: number, sentence: string): void {
    const committedEndOffset: Offset = this.committed.endOffset;
    this.findings.violated(atUs, () => ({ sentence, details: { committedEndOffset } }));
  }

  private name(id: NodeId): string {
    return this.context.cluster.nameOf(id);
  }

  verdict() {
    return this.findings.verdict(metadataLog, 'no quorum kept the metadata log');
  }

  fork(context: CheckContext): Checker {
    const copy = new MetadataLogChecker(context, this.findings.fork());
    for (const id of this.voters) copy.voters.add(id);
    return Object.assign(copy, { leaders: this.leaders, written: new Map(this.written), committed: this.committed.fork(), logs: new Map(this.logs), judged: new Map(this.judged), wiped: this.wiped, images: new Map(this.images) });
  }
}

/** One whose quorum state is not on the platter has told nobody, of what it wrote neither, and counts for nothing when its process ends. */
function leads({ isLeader, isQuorumStateDurable }: RaftView): boolean {
  return isLeader && isQuorumStateDurable;
}
