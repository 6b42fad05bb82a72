/**
 * The events that prove a violation: what happened to the partition it names at the moments it names, and of the record it
 * names when it was acknowledged and where it was cut off. A checker says what it saw as data; here these data are found
 * again among the events of the run.
 */
import { livesAt } from './biography.ts';
import { describe, kindOf, numberOf, type Kind } from './events.ts';
import type { EventIndex } from './index-of-events.ts';
import type { Run } from './run.ts';
import { lowerBound } from './search.ts';

const MAX_PROOFS = 12;

interface Named {
  /** -1 for none. */
  readonly partition: number;
  readonly brokers: ReadonlySet<number>;
  readonly clients: ReadonlySet<number>;
}

/** Ids in the order of their times; empty for what is settled by something that did not happen. */
export function proofsOf(run: Run, index: EventIndex, verdict: number, evidence: number): string[] {
  const found = run.meta.verdicts[verdict]?.evidence[evidence];
  if (found === undefined) return [];
  const { atUs, details } = found;
  const named = namedBy(run, details);
  const ids = new Set<string>();
  const offset = details['offset'] ?? details['truncatedTo'];
  if (named.partition >= 0 && typeof offset === 'number') {
    for (const life of livesAt(run, named.partition, offset)) {
      for (const { id, atUs: chapterUs, tone } of life.chapters) if (tone !== 'plain' && chapterUs <= atUs) ids.add(id);
    }
  }
  const moments = new Set([atUs, ...Object.entries(details).flatMap(([name, value]) => (name.endsWith('AtUs') && typeof value === 'number' ? [value] : []))]);
  for (const moment of moments) {
    for (let at = lowerBound(index.times, moment); at < index.count && index.times[at] === moment; at += 1) {
      const id = index.idAt(at);
      if (isAbout(run, id, named)) ids.add(id);
    }
  }
  return [...ids].map((id) => ({ id, atUs: describe(run, id)?.atUs ?? 0 })).sort((a, b) => a.atUs - b.atUs).slice(0, MAX_PROOFS).map(({ id }) => id);
}

function namedBy(run: Run, details: Readonly<Record<string, unknown>>): Named {
  const words = new Set(Object.values(details).flat().map(String));
  const nodes = run.meta.nodes.flatMap(({ name }, node) => (words.has(name) ? [node] : []));
  const isServer = (node: number): boolean => ['broker', 'controller'].includes(run.roleOf(node));
  return {
    partition: run.meta.partitions.indexOf(String(details['topicPartition'] ?? '')),
    brokers: new Set(nodes.filter(isServer)), clients: new Set(nodes.filter((node) => !isServer(node))),
  };
}

function isAbout(run: Run, id: string, { partition, brokers, clients }: Named): boolean {
  const i = numberOf(id);
  const kind = kindOf(id) as Kind;
  const node = describe(run, id)?.node ?? -1;
  const { replicaEvents, registrations, sends, polls, transitions } = run.tables;
  switch (kind) {
    case 'r':
      return run.meta.replicas[replicaEvents.replica[i] as number]?.partition === partition && (brokers.size === 0 || brokers.has(node));
    case 'g':
      return registrations.partition[i] === partition;
    case 's':
    case 'd':
      return sends.partition[i] === partition && (clients.size === 0 || clients.has(node));
    case 'p':
      return polls.partition[i] === partition && (clients.size === 0 || clients.has(node));
    case 't':
      return run.meta.machines[transitions.machine[i] as number]?.name === run.meta.partitions[partition] ? brokers.size === 0 || brokers.has(node) : partition === -1 && brokers.has(node);
    case 'k':
      return clients.has(node);
    default:
      return false;
  }
}
