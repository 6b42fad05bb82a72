/**
 * A run as an artefact: what was asked for (scenario, seed, faults, workload: all explicit), what came of it (digest,
 * counts, verdicts), and by which code. The record is enough to replay the run, and equal runs give equal records,
 * byte for byte: it holds no wall-clock time and no machine names.
 *
 * Left out: the trace (it can be had again by replaying). Source: the replay manifests of Iggy's simulator and of
 * TigerBeetle's VOPR; "pin a plan to regress a bug".
 */
import type { TraceLine } from '../kernel/trace.ts';
import type { EngineName } from '../kernel/statechart/engine.ts';
import type { World } from '../kernel/world.ts';
import type { RecordedHistory } from '../history/recorded/operations.ts';
import type { Verdict, VerdictKind } from '../history/verdict.ts';
import type { AdministeredOperation, AdminOperation } from './administration.ts';
import type { AppliedFault, Fault } from './faults.ts';
import type { Scenario } from './scenario.ts';
import type { Spectator } from './spectator.ts';
import type { Operation } from './workload.ts';

export const RUN_RECORD_FORMAT = 'harrow.run/1';

export interface Progress {
  readonly virtualMs: number;
  readonly durationMs: number;
  readonly events: number;
  readonly messages: number;
  readonly faultsApplied: number;
  readonly violations: number;
}

/** What to run. `faults`, `admin` and `workload` are what happens; the scenario's own lists are where they came from. */
export interface RunRequest {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly faults: readonly Fault[];
  /** By time. */
  readonly admin: readonly AdminOperation[];
  readonly workload: readonly Operation[];
  readonly engine: EngineName;
  readonly mutants: readonly string[];
  /** Told once, at the end, what clients saw. */
  readonly history?: (history: RecordedHistory) => void;
  readonly trace?: (line: TraceLine) => void;
  readonly spectator?: Spectator;
  /** Called now and then; returning false stops the run early. Must not influence the run otherwise. */
  readonly progress?: (progress: Progress) => boolean;
  /** Called once at the end with the world, to be read. */
  readonly ended?: (world: World) => void;
}

/** Outcomes of the records offered to one topic: a record is ok, failed for sure, or nobody knows. */
export interface TopicCounts {
  readonly topic: string;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
}

export interface ConsumerCounts {
  readonly consumer: string;
  readonly topic: string;
  readonly delivered: number;
  /** Records below the high watermark that it has not read at the end; of a member of a group, in the partitions it has a position in. */
  readonly lag: number;
}

/** Where a consumer group stands in one partition. */
export interface GroupLag {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** The last offset that a member knows to be committed; null when nothing is. */
  readonly committed: number | null;
  /** Records below the high watermark that are not committed. */
  readonly lag: number;
}

export interface Delivered {
  readonly topics: readonly TopicCounts[];
  readonly consumers: readonly ConsumerCounts[];
  /** Absent without groups. */
  readonly groups?: readonly GroupLag[];
  /** Exceptions that consumers threw to their applications; absent when none did. */
  readonly exceptions?: readonly ConsumerExceptions[];
}

export interface ConsumerExceptions {
  readonly consumer: string;
  readonly exception: string;
  readonly times: number;
}

export interface RunResult {
  /** 16 hexadecimal digits over everything that happened. */
  readonly digest: string;
  readonly virtualMs: number;
  readonly events: number;
  readonly messages: number;
  readonly faults: readonly AppliedFault[];
  /** What became of each of the administrator's operations, in their order; those that were never due are left out. */
  readonly admin: readonly AdministeredOperation[];
  readonly verdicts: readonly Verdict[];
  readonly delivered: Delivered;
}

/** Carries out a request: deterministic and synchronous. Implemented by run.ts. */
export type Execute = (request: RunRequest) => RunResult;

export interface RunRecord {
  readonly format: typeof RUN_RECORD_FORMAT;
  readonly harrow: string;
  /** sha256 of the code that ran; a replay by other code proves nothing. */
  readonly code: string;
  readonly verdict: VerdictKind;
  readonly seed: string;
  readonly engine: EngineName;
  readonly mutants: readonly string[];
  readonly scenario: Scenario;
  readonly faults: readonly Fault[];
  readonly admin: readonly AdminOperation[];
  readonly workload: readonly Operation[];
  readonly result: RunResult;
}
