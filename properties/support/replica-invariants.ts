/**
 * What must hold of every replica after every single step, whatever happens around it:
 *
 *   logStartOffset <= highWatermark <= logEndOffset
 *   isr within maximalIsr within replicas, the leader in both
 *   at most one broker leads in a leader epoch
 *   a leader's high watermark never falls while it leads
 *   acks=all appends, and coordinators that have loaded the log, wait in offset order, above the high watermark
 *
 * It reads the actors' states as they are; the checkers of a scenario read views of them and are not involved.
 */
import { assert } from '../../src/kernel/assert.ts';
import type { LifecycleEvent, Monitor } from '../../src/kernel/outside.ts';
import type { World } from '../../src/kernel/world.ts';
import type { Reduced } from '../../src/actors/reduction.ts';
import { ReplicaState, type Leadership } from '../../src/actors/replica/state.ts';

const isWithin = (part: readonly number[], whole: readonly number[]): boolean => part.every((id) => whole.includes(id));

export class ReplicaInvariants implements Monitor {
  /** `partition@leaderEpoch` to the broker that led in it. */
  readonly leaders: Map<string, number>;
  /** Replica steps that were looked at. */
  steps: number;

  constructor(forkOf?: ReplicaInvariants) {
    this.leaders = new Map(forkOf?.leaders);
    this.steps = forkOf?.steps ?? 0;
  }

  stepped(_world: World, node: number, _slot: number, before: unknown, after: unknown): void {
    const state = (after as Reduced<unknown> | undefined)?.state;
    if (!(state instanceof ReplicaState)) return;
    this.steps += 1;
    const where = `${state.topicPartition} at broker ${node}`;
    const { log, highWatermark, leadership } = state;
    assert(
      log.logStartOffset <= highWatermark && highWatermark <= log.logEndOffset,
      () => `${where}: high watermark ${highWatermark} is outside [${log.logStartOffset}, ${log.logEndOffset}]`,
    );
    if (leadership === null) return;
    this.checkLeadership(where, state, leadership);
    const old = (before as Reduced<unknown> | undefined)?.state as ReplicaState | undefined;
    if (old === undefined || old.leadership === null) return;
    assert(highWatermark >= old.highWatermark, () => `${where}: a leader's high watermark fell from ${old.highWatermark} to ${highWatermark}`);
  }

  private checkLeadership(where: string, state: ReplicaState, { isr, maximalIsr, awaitingReplication }: Leadership): void {
    const { brokerId, replicas, leaderEpoch, highWatermark, log } = state;
    assert(isWithin(isr, maximalIsr) && isWithin(maximalIsr, replicas), () => `${where}: isr [${isr.join()}], maximal [${maximalIsr.join()}], replicas [${replicas.join()}]`);
    assert(isr.includes(brokerId), () => `${where}: leads outside its ISR [${isr.join()}]`);
    const term = `${state.topicPartition}@${leaderEpoch}`;
    const known = this.leaders.get(term);
    assert(known === undefined || known === brokerId, () => `${term}: brokers ${known} and ${brokerId} both lead`);
    this.leaders.set(term, brokerId);
    let last = highWatermark;
    for (const { requiredOffset } of awaitingReplication) {
      assert(requiredOffset > highWatermark && requiredOffset >= last && requiredOffset <= log.logEndOffset, () => `${where}: append up to ${requiredOffset} waits at ${highWatermark}..${log.logEndOffset}`);
      last = requiredOffset;
    }
  }

  observed(): void {}

  lifecycle(_world: World, _event: LifecycleEvent): void {}

  fork(): ReplicaInvariants {
    return new ReplicaInvariants(this);
  }
}
