/**
 * One trial of a controller quorum: a seed gives its size, its faults and its load; it is shaken, healed, and must then
 * lead and commit again. What was violated, as sentences.
 */
import { assert } from '../../src/kernel/assert.ts';
import { draw32, hashString, scaleDraw } from '../../src/kernel/hash.ts';
import { KAFKA_RULES, type Rules } from '../../src/kafka/rules.ts';
import { ALL_KINDS, playFaults, type RaftFaultOptions } from './raft-faults.ts';
import { RaftQuorum, type RaftQuorumOptions } from './raft-quorum.ts';

export interface TrialOptions {
  readonly rules?: Partial<Rules>;
  readonly faults?: Partial<RaftFaultOptions>;
  readonly quorum?: Partial<RaftQuorumOptions>;
}

export interface Trial {
  readonly violations: readonly string[];
  readonly quorum: RaftQuorum;
  readonly faults: number;
}

/** A healed quorum elects within a few election timeouts and commits at once; disks and connections need their time, too. */
const RECOVERY_MS = 30_000;

export function runTrial(seed: string, options: TrialOptions = {}): Trial {
  const key = hashString(`trial ${seed}`);
  const quorum = new RaftQuorum({
    seed,
    voters: draw32(key, 1) % 3 === 0 ? 5 : 3,
    observers: scaleDraw(draw32(key, 2), 3),
    snapshotEvery: draw32(key, 3) % 2 === 0 ? 0 : 20,
    appendEveryMs: 5 + scaleDraw(draw32(key, 4), 60),
    ...options.quorum,
    rules: { ...KAFKA_RULES, ...options.rules },
  });
  const { invariants } = quorum;
  quorum.run(3_000);
  const faults = playFaults(quorum, seed, { lengthMs: 15_000, meanGapMs: 400, kinds: ALL_KINDS, maxMs: 6_000, ...options.faults });
  if (invariants.violations.length > 0) return { violations: invariants.violations, quorum, faults };
  quorum.heal();
  try {
    if (draw32(key, 5) % 2 === 0) loseMinority(quorum, key);
    const target = invariants.committedEndOffset + 10;
    quorum.until('the healed quorum commits', RECOVERY_MS, () => quorum.hasHeard(target) || invariants.violations.length > 0);
    checkListeners(quorum);
  } catch (error) {
    invariants.violations.push(error instanceof Error ? error.message : String(error));
  }
  return { violations: invariants.violations, quorum, faults };
}

/** After a while in health the largest minority is gone for good, in two of three cases the leader with it. */
function loseMinority(quorum: RaftQuorum, key: number): void {
  const { world, voterIds } = quorum;
  quorum.run(scaleDraw(draw32(key, 6), 5_000));
  const first = draw32(key, 7) % 3 === 0 || quorum.leader() === -1 ? scaleDraw(draw32(key, 8), voterIds.length) : quorum.leader();
  for (let i = 0; i < (voterIds.length - 1) / 2; i += 1) world.powerLoss((first + i) % voterIds.length);
}

/** Every listener heard the committed numbers in order, without a gap, and every log holds what is committed. */
function checkListeners(quorum: RaftQuorum): void {
  const { invariants, world } = quorum;
  const numbers = invariants.committed.flatMap(({ batch }) => batch.records.flatMap((record) => (record.type === 'ConfigRecord' ? [record.value ?? ''] : [])));
  for (let node = 0; node < world.nodeCount; node += 1) {
    if (!world.isUp(node)) continue;
    const listener = quorum.listener(node);
    assert(listener?.isGapless === true, `node ${node}: its listener heard things out of order`);
    assert(listener.numbers.every((value, i) => value === numbers[i]), `node ${node}: its listener heard something else than what is committed`);
  }
  const leader = quorum.leader();
  const log = quorum.raft(leader)?.log;
  if (log !== undefined) invariants.checkHolds(`at the end, leader ${leader}`, log);
}
