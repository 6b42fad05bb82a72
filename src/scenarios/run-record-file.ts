/**
 * Run records as text: written with one fault, operation and verdict per line, so that records can be compared with
 * ordinary tools; read with every field checked, because a record may have been edited or shrunk by hand.
 */
import { z } from 'zod';
import type { ApplicationOptions } from '../actors/application/state.ts';
import { MODES, SINKS } from './application-shape.ts';
import type { Ratio } from '../kernel/random.ts';
import { errorNames } from '../kafka/errors.ts';
import type { ErrorName } from '../kafka/errors.ts';
import { overallVerdict } from '../history/verdict.ts';
import type { Verdict } from '../history/verdict.ts';
import { decodeUtf8 } from './document.ts';
import { nodesNamedByOperation, type AdministeredOperation, type AdminOperation } from './administration.ts';
import { CRASH_STEPS, FAULT_DOCS, nodesNamedBy } from './faults.ts';
import type { AppliedFault, Fault, ScenarioFault, ScenarioFaultKind } from './faults.ts';
import { formatPath } from './problems.ts';
import type { Problem } from './problems.ts';
import type { ParseResult } from './parse.ts';
import { PROFILE_NAMES } from './profiles.ts';
import { RUN_RECORD_FORMAT } from './run-record.ts';
import type { RunRecord, RunResult } from './run-record.ts';
import { nodesOf } from './scenario.ts';
import type { NemesisSpec, NetworkSpec, RecordRow, Scenario, WorkloadSpec } from './scenario.ts';
import type { Operation } from './workload.ts';

const count = z.int().min(0);
const positive = z.int().min(1);
const name = z.string().min(1);
const names = z.array(name);
const ratio: z.ZodType<Ratio> = z.strictObject({ numerator: count, denominator: positive });
const config = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const at = { atMs: count };
const onNode = { ...at, node: name };
const onLinks = { ...at, from: names, to: names, forMs: positive };
const restartAfterMs = count.nullable();
const crashPoint = z.strictObject({ step: z.enum(CRASH_STEPS), when: z.enum(['before', 'after']) });
const faultShapes = [
  z.strictObject({ ...onNode, kind: z.literal('crash'), restartAfterMs, point: crashPoint.exactOptional() }),
  z.strictObject({ ...onNode, kind: z.literal('stop'), restartAfterMs, killAfterMs: positive }),
  z.strictObject({ ...onNode, kind: z.literal('powerLoss'), restartAfterMs }),
  z.strictObject({ ...onNode, kind: z.literal('wipe'), restartAfterMs }),
  z.strictObject({ ...onNode, kind: z.literal('pause'), forMs: positive }),
  z.strictObject({ ...onNode, kind: z.literal('clockJump'), byMs: z.int() }),
  z.strictObject({ ...onNode, kind: z.literal('clockDrift'), ppm: z.int(), forMs: positive }),
  z.strictObject({ ...onNode, kind: z.literal('flushFailure'), forMs: positive }),
  z.strictObject({ ...onNode, kind: z.literal('slowDisk'), factor: positive, forMs: positive }),
  z.strictObject({ ...onNode, kind: z.literal('diskFull'), forMs: positive }),
  z.strictObject({ ...at, kind: z.literal('partition'), groups: z.array(names), forMs: positive }),
  z.strictObject({ ...onLinks, kind: z.literal('oneWay') }),
  z.strictObject({ ...onNode, kind: z.literal('isolate'), forMs: positive }),
  z.strictObject({ ...onLinks, kind: z.literal('flaky'), loss: ratio }),
  z.strictObject({ ...onLinks, kind: z.literal('slow'), addMs: positive }),
  z.strictObject({ ...onLinks, kind: z.literal('clog') }),
  z.strictObject({ ...at, kind: z.literal('reset'), between: z.tuple([name, name]) }),
  z.strictObject({ ...at, kind: z.literal('heal') }),
] as const;
const fault: z.ZodType<Fault> = z.discriminatedUnion('kind', faultShapes);
const scenarioFault: z.ZodType<ScenarioFault> = z.discriminatedUnion('kind', [
  ...faultShapes, z.strictObject({ ...at, kind: z.literal('swizzleClog'), nodes: names, forMs: positive }),
  z.strictObject({ ...at, kind: z.literal('rollingRestart'), nodes: names, everyMs: positive, restartAfterMs: count, killAfterMs: positive }),
]);

const ofPartition = { ...at, topic: name, partition: count };
const adminOperation: z.ZodType<AdminOperation> = z.discriminatedUnion('kind', [
  z.strictObject({ ...at, kind: z.literal('createTopic'), topic: name, partitions: positive, replicationFactor: positive, assignment: z.array(names).nullable(), config }),
  z.strictObject({ ...at, kind: z.literal('deleteTopic'), topic: name }),
  z.strictObject({ ...at, kind: z.literal('createPartitions'), topic: name, count: positive }),
  z.strictObject({
    ...at, kind: z.literal('electLeaders'), election: z.enum(['preferred', 'unclean']),
    partitions: z.array(z.strictObject({ topic: name, partitions: z.array(count) })).nullable(),
  }),
  z.strictObject({ ...ofPartition, kind: z.literal('reassign'), to: names }),
  z.strictObject({ ...ofPartition, kind: z.literal('cancelReassignment') }),
  z.strictObject({ ...ofPartition, kind: z.literal('deleteRecords'), before: z.union([count, z.literal('highWatermark')]) }),
  z.strictObject({ ...at, kind: z.literal('alterConfig'), resource: z.enum(['topic', 'broker', 'cluster']), name: z.string(), set: config, delete: names }),
  z.strictObject({ ...at, kind: z.literal('unregisterBroker'), node: name }),
]);
const admin = z.array(adminOperation).default([]);

const row: z.ZodType<RecordRow> = z.strictObject({ atMs: count, key: z.string().nullable(), value: z.string(), producer: name.nullable(), partition: count.nullable() });
const workloadSpec: z.ZodType<WorkloadSpec> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('periodic'), producer: name, topic: name, everyUs: positive, jitterUs: count, startMs: count, untilMs: count,
    key: z.string().nullable(), value: z.string(), partition: count.nullable(),
  }),
  z.strictObject({
    kind: z.literal('sends'), producer: name, topic: name,
    rows: z.array(z.strictObject({ atUs: count, from: name, key: z.string().nullable(), value: z.string(), partition: count.nullable() })),
  }),
  z.strictObject({ kind: z.literal('records'), producer: name, topic: name, file: name, speed: ratio, rows: z.array(row) }),
]);
const network: z.ZodType<NetworkSpec> = z.strictObject({
  mode: z.enum(['connection', 'datagram']), latency: z.strictObject({ minUs: count, maxUs: count, tailUs: count, tailRatio: ratio }),
  loss: ratio, duplicate: ratio, reorder: ratio, reorderWithinUs: count,
});
const nemesis: z.ZodType<NemesisSpec> = z.strictObject({
  kinds: z.array(z.enum(FAULT_DOCS.map((each) => each.kind) as [ScenarioFaultKind, ...ScenarioFaultKind[]])).nullable(), targets: names, meanIntervalMs: positive,
  faultMs: z.strictObject({ min: positive, max: positive }), maxDown: positive, stabilityMs: count, startMs: count, quietAfterMs: positive,
});
const application: z.ZodType<ApplicationOptions> = z.strictObject({
  mode: z.enum(MODES), handler: z.enum(['sync', 'threaded']), commit: z.enum(['sync', 'async']), perRecordMs: count, perBatchMs: count, sink: z.enum(SINKS), pollTimeoutMs: positive,
});
const scenario: z.ZodType<Scenario> = z.strictObject({
  name, description: z.string(), profile: z.enum(PROFILE_NAMES as [Scenario['profile']]), seed: name.nullable(), durationMs: positive,
  cluster: z.strictObject({ brokers: positive, controllers: positive, combined: z.boolean(), config }),
  topics: z.array(z.strictObject({ name, partitions: positive, replicationFactor: positive, assignment: z.array(names).nullable(), config })),
  producers: z.array(z.strictObject({ name, nodes: names, bootstrap: names, config })),
  consumers: z.array(z.strictObject({ name, nodes: names, topics: names, bootstrap: names, config, group: z.strictObject({ groupId: name, application }).exactOptional() })),
  workload: z.array(workloadSpec), network, disk: z.strictObject({ flushLatency: z.strictObject({ minUs: count, maxUs: count }) }),
  admin, faults: z.array(scenarioFault), nemesis: nemesis.nullable(), mustSurvive: z.enum(['acks-all', 'every-ack']), checks: names.nullable(),
  mutants: names.exactOptional(), story: z.strictObject({ source: name, tells: name, violates: names, allows: names.exactOptional() }).exactOptional(),
});

const operation: z.ZodType<Operation> = z.strictObject({ atUs: count, producer: name, topic: name, key: z.string().nullable(), value: z.string(), partition: count.exactOptional() });
const detail = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()]))]);
const verdict: z.ZodType<Verdict> = z.strictObject({
  property: name, verdict: z.enum(['held', 'violated', 'vacuous']), compared: count, claim: z.string(),
  evidence: z.array(z.strictObject({ atUs: count, sentence: z.string(), details: z.record(z.string(), detail) })), note: z.string().exactOptional(),
});
const appliedFault: z.ZodType<AppliedFault> = z.strictObject({ fault, outcome: z.enum(['applied', 'noEffect']), reason: z.string().exactOptional() });
const errorCode = z.enum(errorNames as [ErrorName, ...ErrorName[]]);
const errorMessage = z.string().nullable();
const administered: z.ZodType<AdministeredOperation> = z.strictObject({
  operation: adminOperation, outcome: z.enum(['ok', 'fail', 'unknown', 'notCalled']), errorCode, errorMessage,
  results: z.array(z.strictObject({ name: z.string(), partition: z.int().min(-1), errorCode, errorMessage, lowWatermark: z.int().exactOptional() })),
});
const result: z.ZodType<RunResult> = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{16}$/), virtualMs: count, events: count, messages: count, faults: z.array(appliedFault), admin: z.array(administered).default([]), verdicts: z.array(verdict),
  delivered: z.strictObject({
    topics: z.array(z.strictObject({ topic: name, ok: count, failed: count, unknown: count })),
    consumers: z.array(z.strictObject({ consumer: name, topic: name, delivered: count, lag: count })),
    groups: z.array(z.strictObject({ group: name, topic: name, partition: count, committed: count.nullable(), lag: count })).exactOptional(),
    exceptions: z.array(z.strictObject({ consumer: name, exception: name, times: count })).exactOptional(),
  }),
});

const runRecord: z.ZodType<RunRecord> = z.strictObject({
  format: z.literal(RUN_RECORD_FORMAT), harrow: name, code: z.string(), verdict: z.enum(['held', 'violated', 'vacuous']), seed: name,
  engine: z.enum(['compiled', 'interpreter', 'live']), mutants: names, scenario, faults: z.array(fault), admin, workload: z.array(operation), result,
});

/** Reads a run record; never throws on bad input. Problems have a path, and a place when the text is not JSON at all. */
export function parseRunRecord(file: string, content: string | Uint8Array): ParseResult<RunRecord> {
  const problem = (path: string, message: string): Problem => ({ file, line: 1, column: 1, path, message });
  const decoded = decodeUtf8(content);
  if ('badByte' in decoded) return { problems: [problem('', 'not UTF-8 text; expected a run record, JSON as harrow run writes it')] };
  let json: unknown;
  try {
    json = JSON.parse(decoded.text);
  } catch {
    return { problems: [problem('', 'not JSON; expected a run record, as harrow run writes it')] };
  }
  const format: unknown = (json as { format?: unknown } | null)?.format;
  if (format !== RUN_RECORD_FORMAT) {
    return { problems: [problem('format', `got ${JSON.stringify(format) ?? 'nothing'}; expected "${RUN_RECORD_FORMAT}", a run record as harrow run writes it`)] };
  }
  const parsed = runRecord.safeParse(json);
  if (!parsed.success) {
    return { problems: parsed.error.issues.map((issue) => problem(formatPath(issue.path.filter((step) => typeof step !== 'symbol')), issue.message)) };
  }
  const strangers = unknownNodes(parsed.data);
  return strangers.length > 0 ? { problems: strangers.map(([path, message]) => problem(path, message)) } : { value: parsed.data };
}

/** Faults and operations name nodes; an edited record must still name those of its scenario. */
function unknownNodes(record: RunRecord): [path: string, message: string][] {
  const known = new Map(nodesOf(record.scenario).map((node) => [node.name, node.role]));
  const topics = new Set(record.scenario.topics.map((topic) => topic.name));
  const problems: [string, string][] = [];
  for (const [index, each] of record.faults.entries()) {
    for (const node of nodesNamedBy(each)) {
      if (!known.has(node)) problems.push([`faults[${index}]`, `no node "${node}"; expected a node of the scenario`]);
    }
  }
  for (const [index, each] of record.admin.entries()) {
    for (const node of nodesNamedByOperation(each)) {
      if (known.get(node) !== 'broker') problems.push([`admin[${index}]`, `no broker "${node}"; expected a broker of the scenario`]);
    }
  }
  for (const [index, each] of record.workload.entries()) {
    if (known.get(each.producer) !== 'producer') problems.push([`workload[${index}].producer`, `no producer "${each.producer}"; expected a producer of the scenario`]);
    if (!topics.has(each.topic)) problems.push([`workload[${index}].topic`, `no topic "${each.topic}"; expected a topic of the scenario`]);
  }
  return problems;
}

/** The text of a record; equal records give equal text. */
export function formatRunRecord(record: RunRecord): string {
  const { scenario: resolved, faults, admin: operations, workload, result: outcome, ...head } = record;
  const members = [
    ...Object.entries(head).map(([key, value]) => member(key, value)),
    member('scenario', resolved),
    list('faults', faults),
    list('admin', operations),
    list('workload', workload),
    `"result": {\n    ${[
      ...Object.entries({ digest: outcome.digest, virtualMs: outcome.virtualMs, events: outcome.events, messages: outcome.messages }).map(([key, value]) => member(key, value)),
      list('faults', outcome.faults, '    '),
      list('admin', outcome.admin, '    '),
      list('verdicts', outcome.verdicts, '    '),
      member('delivered', outcome.delivered),
    ].join(',\n    ')}\n  }`,
  ];
  return `{\n  ${members.join(',\n  ')}\n}\n`;
}

function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
}

function list(key: string, elements: readonly unknown[], indent = '  '): string {
  if (elements.length === 0) return `${JSON.stringify(key)}: []`;
  return `${JSON.stringify(key)}: [\n${elements.map((element) => `${indent}  ${JSON.stringify(element)}`).join(',\n')}\n${indent}]`;
}

/** What a record says of its run as a whole. */
export function verdictOf(result: RunResult): RunRecord['verdict'] {
  return overallVerdict(result.verdicts);
}
