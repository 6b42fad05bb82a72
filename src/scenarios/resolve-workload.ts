/**
 * Resolves the workload of a scenario: references to producers and topics, templates, times, records files.
 */
import { unreachable } from '../kernel/assert.ts';
import { formatDurationMs, formatDurationUs } from './durations.ts';
import { meant, oneOf, show } from './problems.ts';
import type { Mistakes, Path, Problem } from './problems.ts';
import { MAX_ROWS, isRecordsFileName, parseRecordsFile } from './records-file.ts';
import type { ProducerSpec, RecordRow, SendRow, TopicSpec, WorkloadSpec } from './scenario.ts';
import type { RawWorkload } from './schema.ts';
import type { Located } from './shape.ts';

/** Gives the content of a file named in a scenario, relative to it; null when there is none. */
export type LoadFile = (relativePath: string) => string | Uint8Array | null;

export interface WorkloadScope {
  readonly producers: readonly ProducerSpec[];
  readonly topics: readonly TopicSpec[];
  /** Whether all of them could be read; if not, a reference to a missing one is no mistake of its own. */
  readonly producersAreKnown: boolean;
  readonly topicsAreKnown: boolean;
  readonly durationMs: number | undefined;
  readonly load: LoadFile;
}

const PLACEHOLDERS = ['n', 'i'];
/** Enough to have consumers read what was sent last: the default end of a workload is this long before the run's. */
const MAX_DRAIN_MS = 10_000;

/** Resolves all entries; rows' problems are in the records file and come back separately. */
export function resolveWorkload(raw: readonly RawWorkload[], scope: WorkloadScope, mistakes: Mistakes): { workload: WorkloadSpec[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const workload: WorkloadSpec[] = [];
  let records = 0;
  for (const entry of raw) {
    const producer = referTo(entry.fields.producer, scope.producers, 'producer', scope.producersAreKnown, mistakes);
    const topic = referTo(entry.fields.topic, scope.topics, 'topic', scope.topicsAreKnown, mistakes);
    const spec = entry.kind === 'every' ? periodic(entry, topic, scope, mistakes)
      : entry.kind === 'records' ? fromFile(entry, producer, topic, scope, mistakes, problems)
      : entry.kind === 'sends' ? writtenOut(entry, producer, topic, scope, mistakes)
      : unreachable(entry, 'resolveWorkload');
    if (spec === undefined || producer === undefined) continue;
    workload.push(spec);
    const before = records;
    records += spec.kind === 'periodic' ? producer.nodes.length * Math.ceil(Math.max(0, (spec.untilMs - spec.startMs) * 1000) / spec.everyUs) : spec.rows.length;
    if (before <= MAX_ROWS && records > MAX_ROWS) {
      mistakes.add([...entry.path, entry.kind], `the workload has ${records} records with this entry; expected at most ${MAX_ROWS}`);
    }
  }
  return { workload, problems };
}

type EveryEntry = Extract<RawWorkload, { kind: 'every' }>;
type SendsEntry = Extract<RawWorkload, { kind: 'sends' }>;
type RecordsEntry = Extract<RawWorkload, { kind: 'records' }>;

function periodic({ fields, path }: EveryEntry, topic: TopicSpec | undefined, scope: WorkloadScope, mistakes: Mistakes): WorkloadSpec | undefined {
  const { durationMs } = scope;
  if (fields.every === 0) mistakes.add([...path, 'every'], 'got "0s"; expected an interval of at least 1us');
  const jitterUs = fields.jitter ?? 0;
  if (fields.every !== undefined && jitterUs > fields.every) {
    mistakes.add([...path, 'jitter'], `got ${formatDurationUs(jitterUs)}, more than the interval; expected at most ${formatDurationUs(fields.every)}`);
  }
  checkTemplate(fields.key, [...path, 'key'], mistakes);
  checkTemplate(fields.value, [...path, 'value'], mistakes);
  const startMs = fields.start ?? 0;
  const untilMs = fields.until ?? (durationMs === undefined ? undefined : defaultUntilMs(durationMs));
  if (durationMs !== undefined && startMs >= durationMs) {
    mistakes.add([...path, 'start'], `${formatDurationMs(startMs)} is not before the end of the run; expected less than ${formatDurationMs(durationMs)}`);
  } else if (untilMs !== undefined && startMs >= untilMs) {
    mistakes.add([...path, fields.until === undefined ? 'start' : 'until'], `the workload ends (${formatDurationMs(untilMs)}) before it starts (${formatDurationMs(startMs)}); expected until after start`);
  }
  if (durationMs !== undefined && fields.until !== undefined && fields.until > durationMs) {
    mistakes.add([...path, 'until'], `${formatDurationMs(fields.until)} is after the end of the run; expected at most ${formatDurationMs(durationMs)}`);
  }
  if (topic !== undefined && fields.partition !== undefined && fields.partition >= topic.partitions) {
    mistakes.add([...path, 'partition'], `got ${fields.partition}; expected a partition of ${topic.name} from 0 to ${topic.partitions - 1}`);
  }
  if (fields.producer === undefined || fields.topic === undefined || fields.every === undefined || fields.every === 0 || untilMs === undefined) return undefined;
  return {
    kind: 'periodic', producer: fields.producer.value, topic: fields.topic.value, everyUs: fields.every, jitterUs, startMs, untilMs,
    key: fields.key ?? null, value: fields.value ?? '{i}', partition: fields.partition ?? null,
  };
}

/** A fifth of the run, at most 10 s, is left to deliver what was sent. */
function defaultUntilMs(durationMs: number): number {
  return Math.max(1, durationMs - Math.min(MAX_DRAIN_MS, Math.floor(durationMs / 5)));
}

function fromFile(
  { fields }: RecordsEntry, producer: ProducerSpec | undefined, topic: TopicSpec | undefined,
  scope: WorkloadScope, mistakes: Mistakes, problems: Problem[],
): WorkloadSpec | undefined {
  if (fields.records === undefined || fields.producer === undefined || fields.topic === undefined) return undefined;
  const { value: file, path: filePath } = fields.records;
  const speed = fields.speed ?? { numerator: 1, denominator: 1 };
  let rows: RecordRow[] = [];
  if (!isRecordsFileName(file)) mistakes.add(filePath, `got ${show(file)}; expected a file that ends in .ndjson, .jsonl or .csv`);
  else {
    const content = scope.load(file);
    if (content === null) mistakes.add(filePath, `no file ${show(file)}; expected an NDJSON or CSV file beside the scenario`);
    else {
      const endMs = scope.durationMs === undefined ? undefined : Math.floor((scope.durationMs * speed.numerator) / speed.denominator);
      const parsed = parseRecordsFile(file, content, { producers: producer?.nodes ?? [], partitions: topic?.partitions, endMs });
      // Without the group, a row's producer has nothing to be compared with.
      if (producer !== undefined) problems.push(...parsed.problems);
      rows = parsed.rows;
    }
  }
  return { kind: 'records', producer: fields.producer.value, topic: fields.topic.value, file, speed, rows };
}

function writtenOut({ fields }: SendsEntry, producer: ProducerSpec | undefined, topic: TopicSpec | undefined, scope: WorkloadScope, mistakes: Mistakes): WorkloadSpec | undefined {
  const nodes = producer?.nodes ?? [];
  const rows = (fields.sends ?? []).flatMap(({ at, from, key = null, value, partition }, index): SendRow[] => {
    if (at !== undefined && scope.durationMs !== undefined && at.value >= scope.durationMs * 1000) {
      mistakes.add(at.path, `${formatDurationUs(at.value)} is not before the end of the run; expected less than ${formatDurationMs(scope.durationMs)}`);
    }
    if (from !== undefined && producer !== undefined && !nodes.includes(from.value)) {
      mistakes.add(from.path, `no node ${show(from.value)} of ${producer.name}; expected ${oneOf(nodes, 12)}${meant(from.value, nodes)}`);
    }
    if (partition !== undefined && topic !== undefined && partition.value >= topic.partitions) {
      mistakes.add(partition.path, `got ${partition.value}; expected a partition of ${topic.name} from 0 to ${topic.partitions - 1}`);
    }
    const node = from?.value ?? nodes[0];
    return at === undefined || node === undefined ? [] : [{ atUs: at.value, from: node, key, value: value ?? String(index), partition: partition?.value ?? null }];
  });
  if (fields.producer === undefined || fields.topic === undefined || fields.sends === undefined) return undefined;
  return { kind: 'sends', producer: fields.producer.value, topic: fields.topic.value, rows };
}

function referTo<T extends { readonly name: string }>(reference: Located<string> | undefined, known: readonly T[], what: string, areKnown: boolean, mistakes: Mistakes): T | undefined {
  if (reference === undefined) return undefined;
  const found = known.find((each) => each.name === reference.value);
  if (found === undefined && areKnown) {
    const names = known.map((each) => each.name);
    mistakes.add(reference.path, `no ${what} ${show(reference.value)}; expected ${names.length === 0 ? `a ${what}, and the scenario has none` : oneOf(names, 12)}${meant(reference.value, names)}`);
  }
  return found;
}

/** Braces that do not hold a single word, as in JSON, are text. */
function checkTemplate(template: string | null | undefined, path: Path, mistakes: Mistakes): void {
  for (const match of (template ?? '').matchAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g)) {
    const name = match[1] as string;
    if (PLACEHOLDERS.includes(name)) continue;
    mistakes.add(path, `unknown placeholder {${name}}; expected {n}, the number of the producer, or {i}, that of its record`);
  }
}
