/**
 * A run as a report shows it: everything that was sent, what became of it, what it changed, and why. Columns of numbers
 * for what there is much of, JSON for the rest; names are indexes into lists of names.
 *
 * A **cause** says what made a step happen: below `FIRST_MESSAGE` one of `ROOT_CAUSES`, from there on the message
 * `cause - FIRST_MESSAGE`. `via` says how the message led there: by itself, over a flush, over a timer it armed.
 *
 * Left out: steps that changed nothing anybody looks at, and the bodies of most messages of a large run
 * (`details` holds some). A replay with `--trace` has all of it.
 */
import type { Verdict } from '../../history/verdict.ts';
import type { ConfigEntries, Scenario } from '../../scenarios/scenario.ts';
import type { AppliedFault } from '../../scenarios/faults.ts';
import type { AdministeredOperation } from '../../scenarios/administration.ts';

export const MODEL_FORMAT = 'harrow.report/1';

/** What starts a chain of causes. */
export const ROOT_CAUSES = ['unknown', 'start of the process', 'fault', 'application', 'timer', 'disk', 'connection', 'administrator'] as const;
export type RootCause = (typeof ROOT_CAUSES)[number];
export const FIRST_MESSAGE = ROOT_CAUSES.length;

/** How a message led to what it caused. */
export const VIA = { directly: 0, disk: 1, timer: 2 } as const;

/** Bits of `messages.flags`. */
export const FLAG = { stalled: 1, lost: 2, copy: 4 } as const;

/** Kinds of `replicaEvents`, with what `value` means. */
export const REPLICA_EVENT = {
  /** A batch, by its number. */
  append: 0,
  /** The log ends there now: what lay beyond was cut off. */
  truncate: 1,
  /** As `truncate`, but a power loss or a wipe took it. */
  lose: 2,
  /** The high watermark. */
  highWatermark: 3,
  /** Where the log starts. */
  logStart: 4,
  /** The platter holds the log up to there. */
  flushed: 5,
  /** It acts in this leader epoch: `2 * epoch`, plus one as leader. */
  epoch: 6,
  /** Where the log ends, without a batch that says so: after a cleaning, say. */
  end: 7,
} as const;

type Kind = 'time' | 'delta' | 'int';
export type TableSchema = Readonly<Record<string, Kind>>;

/** By table: its columns in the order of the file. Times and deltas are stored as differences. */
export const SCHEMA = {
  messages: { sentAtUs: 'time', handledAtUs: 'time', link: 'int', type: 'int', cause: 'int', via: 'int', answers: 'int', flags: 'int' },
  transitions: { atUs: 'time', cause: 'delta', via: 'int', machine: 'int', before: 'int', after: 'int', event: 'int' },
  replicaEvents: { atUs: 'time', cause: 'delta', via: 'int', replica: 'int', kind: 'int', value: 'int' },
  batches: { partition: 'int', baseOffset: 'delta', count: 'int', epoch: 'int', producerId: 'int', producerEpoch: 'int', baseSequence: 'delta', isControl: 'int', firstRecord: 'delta' },
  /** The send each record of a batch came from; -1 for none. */
  records: { send: 'delta' },
  registrations: { atUs: 'time', cause: 'delta', via: 'int', partition: 'int', leader: 'int', leaderEpoch: 'int', isr: 'int', elr: 'int' },
  /** `doneAtUs` -1 while the callback did not run; `outcome` of OUTCOMES. */
  sends: { atUs: 'time', node: 'int', topic: 'int', key: 'int', value: 'int', acks: 'int', doneAtUs: 'time', outcome: 'int', partition: 'int', offset: 'int', error: 'int', cause: 'delta' },
  polls: { atUs: 'time', cause: 'delta', via: 'int', node: 'int', partition: 'int', from: 'int', firstRecord: 'delta', count: 'int' },
  polledRecords: { offset: 'delta', send: 'delta' },
  /** Connections that a client lost. */
  resets: { atUs: 'time', cause: 'delta', via: 'int', node: 'int', peer: 'int', reason: 'int' },
} as const satisfies Readonly<Record<string, TableSchema>>;

export type TableName = keyof typeof SCHEMA;
export const TABLES = Object.keys(SCHEMA) as readonly TableName[];

/** Columns of equal length; times are Float64Arrays, the rest Int32Arrays. */
export type Table<Name extends TableName> = { readonly rows: number } & {
  readonly [Column in keyof (typeof SCHEMA)[Name]]: (typeof SCHEMA)[Name][Column] extends 'time' ? Float64Array : Int32Array;
};
export type Tables = { readonly [Name in TableName]: Table<Name> };

export const OUTCOMES = ['ok', 'fail', 'unknown'] as const;

export interface ModelNode {
  readonly name: string;
  readonly role: string;
}

export interface ModelMachine {
  readonly node: number;
  readonly name: string;
  /** The statechart it runs: `replica`, `raft`. */
  readonly chart: string;
}

/** A process began or ended. */
export interface Life {
  readonly atUs: number;
  readonly node: number;
  readonly kind: 'started' | 'crashed' | 'powerLost' | 'wiped';
  readonly words: string;
}

/** What else a client told: positions, assignments, commits, operations of the administrator. */
export interface Remark {
  readonly atUs: number;
  readonly node: number;
  readonly kind: string;
  readonly words: string;
  readonly cause: number;
}

/** What one member owns from a moment on. */
export interface Ownership {
  readonly atUs: number;
  readonly node: number;
  readonly groupId: string;
  readonly memberId: string;
  readonly generationId: number;
  readonly reason: string;
  /** Numbers of partitions. */
  readonly owned: readonly number[];
}

/** A position that moved other than by reading. */
export interface PositionSet {
  readonly atUs: number;
  readonly node: number;
  readonly partition: number;
  readonly offset: number;
}

/** The offset a group has committed for a partition. */
export interface Commit {
  readonly atUs: number;
  readonly node: number;
  readonly groupId: string;
  readonly partition: number;
  readonly offset: number;
}

export interface ChartState {
  /** `Follower.Fetching`; a parent stands before its children. */
  readonly path: string;
  readonly parent: string | null;
  readonly isInitial: boolean;
  readonly isParallel: boolean;
  readonly visits: number;
}

export interface ChartEdge {
  /** Empty for a transition from any state. */
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly count: number;
}

export interface Chart {
  readonly name: string;
  readonly states: readonly ChartState[];
  readonly edges: readonly ChartEdge[];
}

/** What would have been violated with one thing changed. */
export interface WhatIf {
  readonly answers: readonly {
    readonly what: string;
    readonly instead: string;
    /** Properties. */
    readonly violated: readonly string[];
    /** Why there was no such run; null when there was. */
    readonly failure: string | null;
  }[];
  /** Changes that were not tried, for the run is too large. */
  readonly notAsked: number;
}

export interface ModelMeta {
  readonly format: typeof MODEL_FORMAT;
  readonly harrow: string;
  readonly code: string;
  readonly seed: string;
  readonly engine: string;
  readonly mutants: readonly string[];
  readonly verdict: string;
  readonly digest: string;
  readonly endUs: number;
  readonly events: number;
  readonly replayCommand: string;
  /** Without the rows of records files, which the sends repeat. */
  readonly scenario: Scenario;
  readonly faults: readonly AppliedFault[];
  /** By fault, when it was over in fact; `endUs` where it never was. */
  readonly faultEndsUs: readonly number[];
  readonly faultWords: readonly string[];
  readonly admin: readonly AdministeredOperation[];
  readonly adminWords: readonly string[];
  readonly verdicts: readonly Verdict[];
  /** Of a violated run, where it was asked. */
  readonly whatIf?: WhatIf;
  /** Effective configuration, by who has it: every key with its value and whether the scenario sets it. */
  readonly config: readonly { readonly of: string; readonly entries: ConfigEntries; readonly set: readonly string[] }[];
  readonly nodes: readonly ModelNode[];
  readonly machines: readonly ModelMachine[];
  /** `from * nodes + to`. */
  readonly links: readonly number[];
  readonly messageTypes: readonly string[];
  readonly partitions: readonly string[];
  readonly replicas: readonly { readonly partition: number; readonly node: number }[];
  /** Names of states, events, errors, reasons, lists of nodes: whatever the tables point to. */
  readonly words: readonly string[];
  /** Keys and values of records, in order of first use. */
  readonly texts: readonly string[];
  readonly lives: readonly Life[];
  readonly remarks: readonly Remark[];
  readonly ownership: readonly Ownership[];
  readonly commits: readonly Commit[];
  readonly positions: readonly PositionSet[];
  readonly charts: readonly Chart[];
  /** Bodies of messages, by their number, as JSON that may be cut. */
  readonly details: readonly (readonly [number, string])[];
  /** True when every message has its body in `details`. */
  readonly isDetailed: boolean;
}

export interface RunModel {
  readonly meta: ModelMeta;
  readonly tables: Tables;
}
