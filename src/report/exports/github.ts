/**
 * A run as a GitHub job summary, in Markdown: the verdicts as a table, the evidence, how to replay it, and, of a violated
 * run, its telling messages as a diagram that GitHub draws. A step's summary may have 1 MiB.
 *
 * Source: "Adding a job summary", docs.github.com; GitHub Flavored Markdown.
 */
import { formatUs } from '../../kernel/time.ts';
import type { RunModel } from '../model/model.ts';
import { mermaidDiagram } from './mermaid.ts';

const MAX_EVIDENCE = 5;
const WORDS = { held: '✅ held', violated: '❌ violated', vacuous: '⚪ vacuous' } as const;

export function githubSummary(model: RunModel): string {
  const { meta, tables } = model;
  const rows = meta.verdicts.map(({ verdict, property, compared, claim }) => `| ${WORDS[verdict]} | ${words(property)} | ${compared} | ${words(claim)} |`);
  const violated = meta.verdicts.filter(({ verdict }) => verdict === 'violated');
  const evidence = violated.flatMap(({ property, evidence: all }) => [`- **${words(property)}**`, ...all.slice(0, MAX_EVIDENCE).map(({ atUs, sentence }) => `  - \`${formatUs(atUs)}\` ${words(sentence)}`)]);
  return [
    `## ${words(meta.scenario.name)}: ${meta.verdict}`, '',
    `Seed ${words(meta.seed)}, profile ${words(meta.scenario.profile)}, ${tables.messages.rows} messages, ${meta.faults.length} faults, digest ${meta.digest}.`, '',
    ...(evidence.length === 0 ? [] : [...evidence, '']),
    '| verdict | property | compared | claim |', '|---|---|---:|---|', ...rows, '',
    `Replay: ${code(meta.replayCommand)}`, '',
    ...(violated.length === 0 ? [] : ['```mermaid', mermaidDiagram(model).trimEnd(), '```', '']),
  ].join('\n');
}

/** Markdown's own characters lose their meaning; a table's cell stays one. */
function words(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(/[\\`*_{}[\]()#+!|~@]/g, (character) => `\\${character}`);
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll(/[\r\n]+/g, ' ')}\``;
}
