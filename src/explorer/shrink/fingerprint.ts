/**
 * What makes two violations the same: the property, and the kind of sentence that its evidence is. The kind is the
 * sentence without what names one case of it: nodes, topics, numbers, texts, times, ids that were drawn. A shrinker that holds on to less turns
 * one bug into another on its way; one that holds on to more keeps faults that only moved an offset.
 *
 * What follows the first colon of a sentence says how things stood in that one case, and is left out.
 * Source: eta's minimiser ("without a property key it shrinks one bug into another").
 */
import type { Evidence, Verdict } from '../../history/verdict.ts';
import { nodesOf, type Scenario } from '../../scenarios/scenario.ts';

export interface Fingerprint {
  readonly property: string;
  readonly kind: string;
}

export type Names = Pick<Scenario, 'cluster' | 'producers' | 'consumers' | 'topics' | 'admin'>;

/** Of what is violated first in `properties`, by default in the order of the verdicts; undefined when nothing is. */
export function fingerprintOf(verdicts: readonly Verdict[], names: Names, properties?: readonly string[]): Fingerprint | undefined {
  const violated = verdicts.filter(({ property, verdict }) => verdict === 'violated' && (properties === undefined || properties.includes(property)));
  const [first] = violated;
  const sentence = first?.evidence[0]?.sentence;
  return first === undefined || sentence === undefined ? undefined : { property: first.property, kind: kindOf(sentence, names) };
}

/** The first evidence of that kind; undefined when there is none. */
export function evidenceOf({ property, kind }: Fingerprint, verdicts: readonly Verdict[], names: Names): Evidence | undefined {
  return verdicts.find((verdict) => verdict.property === property)?.evidence.find(({ sentence }) => kindOf(sentence, names) === kind);
}

/** What processes draw: a member of the classic protocol, of KIP-848. */
const DRAWN_ID = /\b[0-9a-f]{16}\b|\b(?=[a-z-]*[0-9])[0-9a-z]{7}-[0-9a-z]{7}\b/g;

/** `broker-2 leads events-0 … without offset 258 (key "a") …: …` -> `NAME leads NAME … without offset # (key TEXT) …`. */
export function kindOf(sentence: string, names: Names): string {
  return sentence
    .replaceAll(/"[^"]*"/g, 'TEXT')
    .replaceAll(/[0-9]+:[0-9]{2}:[0-9]{2}(\.[0-9]+)?/g, '#')
    .replaceAll(DRAWN_ID, '#')
    .replaceAll(patternOf(names), 'NAME')
    .replaceAll(/NAME-[0-9]+/g, 'NAME')
    .replaceAll(/-?\b[0-9]+\b/g, '#')
    .replaceAll(/\ban? ((?:committed |acknowledged )?(?:record|batch))\b/g, '# $1s')
    .replaceAll(/\b(NAME|TEXT|#)(?:(?:, ?| and )\1)+/g, '$1')
    .replace(/:.*$/s, '');
}

/** Any name of the scenario as a whole word; longest first, so that none is taken for a part of a longer one. */
function patternOf({ topics, admin, ...nodes }: Names): RegExp {
  const created = admin.flatMap((operation) => (operation.kind === 'createTopic' ? [operation.topic] : []));
  const names = [...new Set([...nodesOf(nodes).map(({ name }) => name), ...topics.map(({ name }) => name), ...created])].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return new RegExp(`(?<![A-Za-z0-9_.-])(?:(?:broker|controller)-[0-9]+|${names.map((name) => name.replaceAll('.', '\\.')).join('|')})(?![A-Za-z0-9_])`, 'g');
}
