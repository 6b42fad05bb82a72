/**
 * What must hold of a controller quorum after every single step, whatever happens around it:
 *
 *   at most one replica leads in an epoch                                              (S-02, ElectionSafety)
 *   batches with one epoch and offset are one and the same, and so are those before    (S-17, LogMatching)
 *   whoever begins to lead an epoch holds all that was committed in epochs before it   (S-17, LeaderCompleteness)
 *   what one replica knows as committed at an offset, no other knows otherwise         (S-17)
 *   toldEndOffset <= highWatermark <= endOffset; the high watermark of a life never falls   (S-12)
 *
 * It reads the replicas' states as they are. Violations are collected, not thrown, so that a broken rule can be shown to
 * break something.
 */
import type { Reduced } from '../../src/actors/reduction.ts';
import { RaftState } from '../../src/actors/raft/state.ts';
import type { MetadataBatch } from '../../src/kafka/api.ts';
import type { RaftLog } from '../../src/kafka/raft-log.ts';
import type { Monitor } from '../../src/kernel/outside.ts';
import type { World } from '../../src/kernel/world.ts';

/** A batch that was committed, and the epoch of the replica that knew it first: its leader. */
interface Committed {
  readonly batch: MetadataBatch;
  readonly inEpoch: number;
}

export class RaftInvariants implements Monitor {
  readonly violations: string[] = [];
  /** Replica steps that were looked at. */
  steps = 0;
  /** Elections won. */
  elections = 0;
  readonly leaders = new Map<number, number>();
  private readonly written = new Map<string, { readonly batch: MetadataBatch; readonly before: MetadataBatch | undefined }>();
  /** In offset order, without gaps. */
  readonly committed: Committed[] = [];

  get committedEndOffset(): number {
    const last = this.committed.at(-1)?.batch;
    return last === undefined ? 0 : last.baseOffset + last.records.length;
  }

  stepped(world: World, node: number, _slot: number, before: unknown, after: unknown): void {
    const state = (after as Reduced<unknown> | undefined)?.state;
    if (!(state instanceof RaftState)) return;
    this.steps += 1;
    const old = (before as Reduced<RaftState> | undefined)?.state;
    const at = `${world.nowUs / 1_000} ms, node ${node}`;
    const { log, highWatermark, toldEndOffset, epoch } = state;
    this.expect(highWatermark <= log.endOffset && toldEndOffset <= highWatermark, () => `${at}: told ${toldEndOffset}, high watermark ${highWatermark}, log ${log.startOffset}..${log.endOffset}`);
    if (old !== undefined) this.expect(highWatermark >= old.highWatermark, () => `${at}: the high watermark fell from ${old.highWatermark} to ${highWatermark}`);
    if (old === undefined || old.log !== log) this.checkLogMatching(at, old?.log, log);
    if (state.isLeader && (old === undefined || !old.isLeader || old.epoch !== epoch)) this.checkElection(at, node, state);
    if (highWatermark > (old?.highWatermark ?? 0) || old === undefined) this.checkCommitted(at, old?.highWatermark ?? 0, state);
  }

  /** The log holds every committed batch, or a snapshot in its place. */
  checkHolds(at: string, log: RaftLog, belowEpoch = Number.MAX_SAFE_INTEGER): void {
    const held = new Set(log.read(log.startOffset, log.endOffset));
    for (const { batch, inEpoch } of this.committed) {
      if (batch.baseOffset < log.startOffset || inEpoch >= belowEpoch || held.has(batch)) continue;
      this.violations.push(`${at}: the batch ${describe(batch)}, committed in epoch ${inEpoch}, is missing from the log ${log.startOffset}..${log.endOffset}`);
      return;
    }
  }

  private checkElection(at: string, node: number, { epoch, log }: RaftState): void {
    this.elections += 1;
    const other = this.leaders.get(epoch);
    this.expect(other === undefined || other === node, () => `${at}: leads epoch ${epoch}, which node ${other} led`);
    this.leaders.set(epoch, node);
    this.checkHolds(`${at}, elected in epoch ${epoch}`, log, epoch);
  }

  private checkLogMatching(at: string, old: RaftLog | undefined, log: RaftLog): void {
    const from = old === undefined ? log.startOffset : Math.max(log.startOffset, Math.min(old.endOffset, log.endOffset));
    const batches = log.read(Math.max(from - 1, log.startOffset), log.endOffset);
    for (const [index, batch] of batches.entries()) {
      const preceding = index === 0 ? undefined : batches[index - 1];
      const key = `${batch.partitionLeaderEpoch}:${batch.baseOffset}`;
      const known = this.written.get(key);
      this.expect(known === undefined || known.batch === batch, () => `${at}: two batches ${describe(batch)} of one epoch`);
      this.expect(known?.before === undefined || preceding === undefined || known.before === preceding, () => `${at}: the same batch ${describe(batch)} follows on different ones`);
      this.written.set(key, { batch, before: preceding ?? known?.before });
    }
  }

  private checkCommitted(at: string, oldHighWatermark: number, { log, highWatermark, epoch }: RaftState): void {
    for (const batch of log.read(Math.max(oldHighWatermark, log.startOffset), highWatermark)) {
      if (batch.baseOffset === this.committedEndOffset) this.committed.push({ batch, inEpoch: epoch });
      else {
        const known = this.find(batch.baseOffset);
        this.expect(known === batch, () => `${at}: committed is ${describe(batch)}, which was ${known === undefined ? 'never written' : describe(known)}`);
      }
    }
  }

  private find(baseOffset: number): MetadataBatch | undefined {
    let low = 0;
    let high = this.committed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.committed[middle] as Committed).batch.baseOffset < baseOffset) low = middle + 1;
      else high = middle;
    }
    const found = this.committed[low]?.batch;
    return found?.baseOffset === baseOffset ? found : undefined;
  }

  private expect(holds: boolean, message: () => string): void {
    if (!holds && this.violations.length < 20) this.violations.push(message());
  }

  observed(): void {}

  lifecycle(): void {}

  fork(): RaftInvariants {
    throw new Error('a quorum under test is not forked');
  }
}

function describe({ baseOffset, partitionLeaderEpoch, records }: MetadataBatch): string {
  return `${baseOffset}+${records.length} of epoch ${partitionLeaderEpoch}`;
}
