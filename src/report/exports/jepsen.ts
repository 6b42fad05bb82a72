/**
 * The client history in Jepsen's form: one EDN map per line, `:invoke` and then `:ok`, `:fail` or `:info`, operations as
 * the kafka workload of Jepsen writes them: `[:send k [offset value]]` and `[:poll {k [[offset value] ...]}]`. Its checker
 * can judge the same run, independent of ours.
 *
 * Keys are dense numbers of partitions, values are dense numbers of records, as the workload has it; the first lines say
 * as comments what they stand for. `:time` is nanoseconds. A process that ended with an operation open does not
 * reuse its number: that is what `:info` means. Left out: sends that never got a partition, and so were never written.
 *
 * Source: jepsen.tests.kafka (history and op shapes), EDN (github.com/edn-format/edn).
 */
import { OUTCOMES, type RunModel } from '../model/model.ts';

interface Line {
  readonly atUs: number;
  readonly order: number;
  readonly text: string;
}

export function jepsenHistory(model: RunModel): string {
  const lines = [...sends(model), ...polls(model)].sort((a, b) => a.atUs - b.atUs || a.order - b.order);
  const comments = [
    `;; ${oneLine(model.meta.scenario.name)}, seed ${oneLine(model.meta.seed)}, digest ${model.meta.digest}`,
    ...model.meta.partitions.map((name, k) => `;; key ${k} is ${oneLine(name)}`),
  ];
  return `${[...comments, ...lines.map(({ text }, index) => `{:index ${index}, ${text}}`)].join('\n')}\n`;
}

/** A producer may have many sends open, and a process of Jepsen one: each open send has a process of its own. */
function* sends(model: RunModel): IterableIterator<Line> {
  const { tables: { sends }, meta } = model;
  const keys = keysOf(model);
  const free: number[][] = meta.nodes.map(() => []);
  const open: { readonly doneUs: number; readonly node: number; readonly process: number }[] = [];
  let next = meta.nodes.length;
  for (let i = 0; i < sends.rows; i += 1) {
    const key = keys[i] as number;
    if (key < 0) continue;
    const atUs = sends.atUs[i] as number;
    const node = sends.node[i] as number;
    for (let at = open.length - 1; at >= 0; at -= 1) {
      const each = open[at] as (typeof open)[number];
      if (each.doneUs >= atUs) continue;
      free[each.node]?.push(each.process);
      open.splice(at, 1);
    }
    const process = free[node]?.pop() ?? (next += 1) - 1;
    const doneUs = sends.doneAtUs[i] as number;
    const outcome = doneUs < 0 ? 'unknown' : (OUTCOMES[sends.outcome[i] as number] ?? 'unknown');
    if (outcome !== 'unknown') open.push({ doneUs, node, process });
    yield { atUs, order: 2 * i, text: `:type :invoke, :process ${process}, :time ${atUs * 1_000}, :f :send, :value [[:send ${key} ${i}]]` };
    if (doneUs < 0) continue;
    const type = outcome === 'ok' ? ':ok' : outcome === 'fail' ? ':fail' : ':info';
    const error = (sends.error[i] as number) < 0 ? '' : `, :error :${(meta.words[sends.error[i] as number] ?? '').toLowerCase().replaceAll('_', '-')}`;
    const offset = sends.offset[i] as number;
    const value = outcome === 'ok' ? `[[:send ${key} [${offset < 0 ? 'nil' : offset} ${i}]]]` : `[[:send ${key} ${i}]]`;
    yield { atUs: doneUs, order: 2 * i + 1, text: `:type ${type}, :process ${process}, :time ${doneUs * 1_000}, :f :send, :value ${value}${error}` };
  }
}

/** By send: its partition, from its callback, or from the log of whoever appended it; -1 for none. */
function keysOf({ tables: { sends, batches, records } }: RunModel): Int32Array {
  const keys = sends.partition.slice();
  for (let batch = 0; batch < batches.rows; batch += 1) {
    for (let i = 0; i < (batches.count[batch] as number); i += 1) {
      const send = records.send[(batches.firstRecord[batch] as number) + i] as number;
      if (send >= 0 && (keys[send] as number) < 0) keys[send] = batches.partition[batch] as number;
    }
  }
  return keys;
}

/** A poll is invoked and answered in the instant in which its application got the records. */
function* polls({ tables: { polls, polledRecords, sends } }: RunModel): IterableIterator<Line> {
  for (let i = 0; i < polls.rows; i += 1) {
    const atUs = polls.atUs[i] as number;
    const first = polls.firstRecord[i] as number;
    const pairs: string[] = [];
    for (let at = first; at < first + (polls.count[i] as number); at += 1) pairs.push(`[${polledRecords.offset[at] as number} ${(polledRecords.send[at] as number) < 0 ? 'nil' : (polledRecords.send[at] as number)}]`);
    const head = `:process ${polls.node[i] as number}, :time ${atUs * 1_000}, :f :poll`;
    const order = 2 * sends.rows + 2 * i;
    yield { atUs, order, text: `:type :invoke, ${head}, :value [[:poll]]` };
    yield { atUs, order: order + 1, text: `:type :ok, ${head}, :value [[:poll {${polls.partition[i] as number} [${pairs.join(' ')}]}]]` };
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
