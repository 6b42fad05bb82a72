/**
 * From a run record to a model: replays what the record holds with a recorder beside it. A run is a function of its
 * record, so nothing but the record has to be kept of it; the digest says whether this was the same run.
 */
import { usOfMs } from '../kernel/time.ts';
import { describeOperation } from '../scenarios/administration.ts';
import { describeFault, type AppliedFault } from '../scenarios/faults.ts';
import type { Execute, RunRecord, RunRequest } from '../scenarios/run-record.ts';
import { nodesOf } from '../scenarios/scenario.ts';
import { effectiveConfig } from './effective-config.ts';
import { MODEL_FORMAT, type Life, type ModelMeta, type RunModel, type Tables } from './model/model.ts';
import { RunRecorder } from './recorder.ts';
import type { DetailBudget } from './record-messages.ts';

/** A run of up to so many messages keeps the bodies of all. */
const DETAILED_MESSAGES = 5_000;
/** Of a larger one, of those around what is looked at first. */
const BEFORE_EVIDENCE_US = 3_000_000;
const AFTER_EVIDENCE_US = 500_000;
const AROUND_FAULT_US = 200_000;
const DETAIL_CHARACTERS = 3_000_000;

export interface Built {
  readonly model: RunModel;
  /** The replay came to the digest of the record. */
  readonly isExact: boolean;
}

export function buildModel(record: RunRecord, execute: Execute, replayCommand: string, progress?: RunRequest['progress']): Built {
  const { scenario, seed, faults, admin, workload, engine, mutants } = record;
  const recorder = new RunRecorder(scenario, detailBudget(record));
  const result = execute({ scenario, seed, faults, admin, workload, engine, mutants, spectator: recorder, ...(progress === undefined ? {} : { progress }) });
  const endUs = usOfMs(result.virtualMs);
  const meta: ModelMeta = {
    format: MODEL_FORMAT, harrow: record.harrow, code: record.code, seed, engine, mutants, verdict: record.verdict, digest: result.digest, endUs, events: result.events, replayCommand,
    scenario: { ...scenario, workload: scenario.workload.map((each) => (each.kind === 'records' ? { ...each, rows: [] } : each)) },
    faults: result.faults, faultEndsUs: faultEnds(result.faults, recorder.lives, nodesOf(scenario).map(({ name }) => name), endUs), faultWords: result.faults.map(({ fault }) => describeFault(fault)),
    admin: result.admin, adminWords: result.admin.map(({ operation }) => describeOperation(operation)),
    verdicts: result.verdicts, config: effectiveConfig(scenario),
    nodes: nodesOf(scenario), machines: recorder.machines, links: recorder.wiretap.links, messageTypes: recorder.wiretap.types.names,
    partitions: recorder.names.partitions.names, replicas: recorder.replicas.replicas, words: recorder.names.words.names, texts: recorder.clients.texts.names,
    lives: recorder.lives, remarks: recorder.clients.remarks, ownership: recorder.clients.ownership, commits: recorder.clients.commits, positions: recorder.clients.positions, charts: recorder.charts,
    details: recorder.wiretap.details, isDetailed: recorder.wiretap.details.length === recorder.wiretap.table.rows,
  };
  return { model: { meta, tables: tablesOf(recorder) }, isExact: result.digest === record.result.digest };
}

function tablesOf({ wiretap, transitions, replicas, clients, resets }: RunRecorder): Tables {
  return {
    messages: wiretap.table.finish(), transitions: transitions.finish(), replicaEvents: replicas.events.finish(), batches: replicas.batches.finish(),
    records: replicas.records.finish(), registrations: replicas.registrations.finish(), sends: clients.sends.finish(), polls: clients.polls.finish(),
    polledRecords: clients.polledRecords.finish(), resets: resets.finish(),
  };
}

/** Bodies are most of what a message weighs. Those before a violation say how it came about. */
function detailBudget({ result }: RunRecord): DetailBudget {
  if (result.messages <= DETAILED_MESSAGES) return { wants: () => true, characters: Number.MAX_SAFE_INTEGER };
  const windows = [
    ...result.verdicts.flatMap(({ evidence }) => evidence.map(({ atUs }) => [atUs - BEFORE_EVIDENCE_US, atUs + AFTER_EVIDENCE_US] as const)),
    ...result.faults.map(({ fault }) => [usOfMs(fault.atMs) - AROUND_FAULT_US, usOfMs(fault.atMs) + AROUND_FAULT_US] as const),
  ];
  return { wants: (atUs) => windows.some(([fromUs, toUs]) => atUs >= fromUs && atUs <= toUs), characters: DETAIL_CHARACTERS };
}

const NETWORK_FAULTS: ReadonlySet<string> = new Set(['partition', 'oneWay', 'isolate', 'flaky', 'slow', 'clog']);

/** A fault on a process lasts until that runs again; one on the network ends with its time, or with a `heal` before. */
function faultEnds(faults: readonly AppliedFault[], lives: readonly Life[], nodes: readonly string[], endUs: number): number[] {
  const heals = faults.filter(({ fault, outcome }) => fault.kind === 'heal' && outcome === 'applied').map(({ fault }) => usOfMs(fault.atMs));
  return faults.map(({ fault }) => {
    const atUs = usOfMs(fault.atMs);
    if ('restartAfterMs' in fault) {
      const node = nodes.indexOf(fault.node);
      return lives.find((life) => life.node === node && life.kind === 'started' && life.atUs > atUs)?.atUs ?? endUs;
    }
    if (!('forMs' in fault)) return atUs;
    const overUs = Math.min(endUs, atUs + usOfMs(fault.forMs));
    return NETWORK_FAULTS.has(fault.kind) ? (heals.find((healUs) => healUs >= atUs && healUs < overUs) ?? overUs) : overUs;
  });
}
