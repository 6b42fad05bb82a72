/**
 * The telling part of a run as a Mermaid sequence diagram, for a pull request or an issue: GitHub draws it. Only few
 * arrows: what changed something, what was lost; crashes, truncations and violations as notes. Longer runs want the report.
 *
 * Source: the syntax of sequence diagrams, mermaid.js.org. Names and texts are escaped as entity codes (#59;).
 */
import { formatUs } from '../../kernel/time.ts';
import { REPLICA_EVENT, type RunModel } from '../model/model.ts';
import { messagesShown } from './window.ts';

const MAX_ARROWS = 40;

export function mermaidDiagram(model: RunModel): string {
  const { meta, tables: { messages, replicaEvents } } = model;
  const nodes = meta.nodes.length;
  const shown = messagesShown(model, MAX_ARROWS, true);
  const entries: { readonly atUs: number; readonly text: string }[] = shown.map((i) => {
    const link = meta.links[messages.link[i] as number] as number;
    const type = meta.messageTypes[messages.type[i] as number] as string;
    const isLost = (messages.handledAtUs[i] as number) < 0;
    const arrow = isLost ? '-x' : type.endsWith('Response') ? '-->>' : '->>';
    return { atUs: messages.sentAtUs[i] as number, text: `${alias(Math.floor(link / nodes))}${arrow}${alias(link % nodes)}: ${escaped(`${formatUs(messages.sentAtUs[i] as number)} ${type}`)}` };
  });
  const fromUs = entries[0]?.atUs ?? 0;
  const untilUs = (entries.at(-1)?.atUs ?? 0) + 1_000_000;
  for (const { atUs, node, words } of meta.lives) if (atUs > 0 && atUs >= fromUs && atUs <= untilUs) entries.push({ atUs, text: `Note over ${alias(node)}: ${escaped(words)}` });
  for (let i = 0; i < replicaEvents.rows; i += 1) {
    const isCut = replicaEvents.kind[i] === REPLICA_EVENT.truncate || replicaEvents.kind[i] === REPLICA_EVENT.lose;
    const replica = meta.replicas[replicaEvents.replica[i] as number];
    if (!isCut || replica === undefined || (replicaEvents.atUs[i] as number) < fromUs || (replicaEvents.atUs[i] as number) > untilUs) continue;
    entries.push({ atUs: replicaEvents.atUs[i] as number, text: `Note over ${alias(replica.node)}: ${escaped(`${meta.partitions[replica.partition] ?? ''} is cut at offset ${replicaEvents.value[i] as number}`)}` });
  }
  const participants = `${alias(0)},${alias(nodes - 1)}`;
  for (const { evidence, property } of meta.verdicts) for (const { atUs } of evidence.slice(0, 1)) if (atUs <= untilUs) entries.push({ atUs, text: `Note over ${participants}: ${escaped(`violated: ${property}`)}` });
  entries.sort((a, b) => a.atUs - b.atUs);
  return ['sequenceDiagram', ...meta.nodes.map(({ name }, node) => `  participant ${alias(node)} as ${escaped(name)}`), ...entries.map(({ text }) => `  ${text}`), ''].join('\n');
}

function alias(node: number): string {
  return `n${node}`;
}

/** What could end a line or be read as syntax becomes an entity code. */
function escaped(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} .,:/@()=_-]/gu, (character) => `#${character.codePointAt(0) as number};`);
}
