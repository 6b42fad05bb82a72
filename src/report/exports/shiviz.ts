/**
 * A run as a log for ShiViz (bestchai.bitbucket.io/shiviz): one line per send and per handling, each with a vector clock
 * that is worked out here from who sent what to whom. The regular expression to paste beside the log is SHIVIZ_PATTERN.
 *
 * ShiViz draws a few thousand events; of a larger run the log holds what led to the violation.
 *
 * Source: Beschastnikh et al., "Visualizing Distributed System Executions", TOSEM 2020; the log format of ShiViz.
 */
import { formatUs } from '../../kernel/time.ts';
import type { RunModel } from '../model/model.ts';
import { messagesShown } from './window.ts';

/** With this, ShiViz reads the lines below. */
export const SHIVIZ_PATTERN = String.raw`(?<host>\S+) (?<clock>\{.*?\}) (?<event>.*)`;
const MAX_MESSAGES = 1_000;

export function shivizLog(model: RunModel): string {
  const { meta, tables: { messages } } = model;
  const nodes = meta.nodes.length;
  const shown = messagesShown(model, MAX_MESSAGES, false);
  const steps = shown.flatMap((i) => {
    const handledUs = messages.handledAtUs[i] as number;
    return [{ message: i, atUs: messages.sentAtUs[i] as number, isSend: true }, ...(handledUs < 0 ? [] : [{ message: i, atUs: handledUs, isSend: false }])];
  });
  // What a message caused is sent in the instant in which it is handled, and after that.
  steps.sort((a, b) => a.atUs - b.atUs || Number(a.isSend) - Number(b.isSend) || a.message - b.message);
  const clocks = meta.nodes.map(() => new Map<number, number>());
  const carried = new Map<number, ReadonlyMap<number, number>>();
  const lines = steps.map(({ message, atUs, isSend }) => {
    const link = meta.links[messages.link[message] as number] as number;
    const from = Math.floor(link / nodes);
    const to = link % nodes;
    const node = isSend ? from : to;
    const clock = clocks[node] as Map<number, number>;
    if (!isSend) for (const [other, count] of carried.get(message) ?? []) clock.set(other, Math.max(clock.get(other) ?? 0, count));
    clock.set(node, (clock.get(node) ?? 0) + 1);
    if (isSend) carried.set(message, new Map(clock));
    const type = meta.messageTypes[messages.type[message] as number] as string;
    const words = isSend ? `${formatUs(atUs)} sends ${type} #${message} to ${hostOf(model, to)}` : `${formatUs(atUs)} handles ${type} #${message} from ${hostOf(model, from)}`;
    return `${hostOf(model, node)} ${vector(model, clock)} ${words}`;
  });
  return `${lines.join('\n')}\n`;
}

/** Hosts are told apart by blanks. */
function hostOf({ meta }: RunModel, node: number): string {
  return (meta.nodes[node]?.name ?? '').replaceAll(/\s/g, '_');
}

function vector(model: RunModel, clock: ReadonlyMap<number, number>): string {
  const parts = [...clock].sort(([a], [b]) => a - b).map(([node, count]) => `${JSON.stringify(hostOf(model, node))}:${count}`);
  return `{${parts.join(',')}}`;
}
