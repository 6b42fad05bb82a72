/**
 * What a violation depends on: the run again, each time with one thing changed (a fault left out, a reverted rule restored,
 * another profile, a setting at its default), and what was violated then. Seed and plan stay the same, so that a difference
 * has one reason; but what a change moves in time it moves for the rest of the run, so that a violation may also be missed
 * by chance. Large runs are asked less, or nothing.
 *
 * Source: "Why was this bug there" as counterfactuals, Halpern and Pearl's but-for test.
 */
import { configDef, parseConfig, type ConfigKind } from '../kafka/config.ts';
import { describeFault } from '../scenarios/faults.ts';
import { DEFAULT_PROFILE } from '../scenarios/profiles.ts';
import type { Execute, RunRecord, RunRequest } from '../scenarios/run-record.ts';
import type { ConfigEntries, Scenario } from '../scenarios/scenario.ts';
import { readableMs } from '../scenarios/durations.ts';
import type { WhatIf } from './model/model.ts';

/** Of all runs together: some seconds. */
const EVENT_BUDGET = 200_000;

interface Change {
  readonly what: string;
  readonly instead: string;
  readonly request: RunRequest;
}

/** Undefined for a run that violated nothing. */
export function whatIf(record: RunRecord, execute: Execute): WhatIf | undefined {
  const before = violatedIn(record.result.verdicts);
  if (before.length === 0) return undefined;
  const all = changesOf(record);
  const affordable = Math.floor(EVENT_BUDGET / Math.max(1, record.result.events));
  return {
    answers: all.slice(0, affordable).map(({ what, instead, request }) => {
      try {
        const violated = violatedIn(execute(request).verdicts);
        return { what, instead, violated, failure: null };
      } catch (error) {
        // Settings that only go together: said, and no answer.
        return { what, instead, violated: [], failure: error instanceof Error ? error.message : String(error) };
      }
    }),
    notAsked: Math.max(0, all.length - affordable),
  };
}

function violatedIn(verdicts: RunRecord['result']['verdicts']): string[] {
  return verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property);
}

function changesOf(record: RunRecord): Change[] {
  const { scenario, seed, faults, admin, workload, engine, mutants } = record;
  const request: RunRequest = { scenario, seed, faults, admin, workload, engine, mutants };
  const under = (changed: Partial<Scenario>): RunRequest => ({ ...request, scenario: { ...scenario, ...changed } });
  const applied = new Set(record.result.faults.filter(({ outcome }) => outcome === 'applied').map(({ fault }) => JSON.stringify(fault)));
  const { cluster, topics, producers, consumers } = scenario;
  return [
    ...mutants.map((mutant): Change => ({ what: `the rule that the mutant ${mutant} reverts`, instead: 'in force', request: { ...request, mutants: mutants.filter((each) => each !== mutant) } })),
    ...(scenario.profile === DEFAULT_PROFILE ? [] : [{ what: `the rules of Kafka ${scenario.profile}`, instead: `those of ${DEFAULT_PROFILE}`, request: under({ profile: DEFAULT_PROFILE }) }]),
    ...faults.flatMap((fault, i): Change[] => (applied.has(JSON.stringify(fault)) ? [{ what: `${describeFault(fault)} at ${readableMs(fault.atMs)}`, instead: 'left out', request: { ...request, faults: faults.filter((_, j) => j !== i) } }] : [])),
    ...topics.flatMap((topic, i): Change[] => (topic.replicationFactor < 2 || Number(topic.config['min.insync.replicas'] ?? cluster.config['min.insync.replicas'] ?? 1) >= 2 ? [] : [{
      what: `min.insync.replicas of topic ${topic.name}`, instead: '2', request: under({ topics: replaced(topics, i, { ...topic, config: { ...topic.config, 'min.insync.replicas': 2 } }) }),
    }])),
    ...defaultsOf('broker', cluster.config).map(({ name, value, config }): Change => ({ what: `${name} of the brokers`, instead: value, request: under({ cluster: { ...cluster, config } }) })),
    ...listed('topic', topics, (changed) => under({ topics: changed })), ...listed('producer', producers, (changed) => under({ producers: changed })), ...listed('consumer', consumers, (changed) => under({ consumers: changed })),
  ];
}

function listed<Spec extends { readonly name: string; readonly config: ConfigEntries }>(kind: ConfigKind, specs: readonly Spec[], request: (changed: Spec[]) => RunRequest): Change[] {
  return specs.flatMap((spec, i) => defaultsOf(kind, spec.config).map(({ name, value, config }) => ({ what: `${name} of ${kind} ${spec.name}`, instead: value, request: request(replaced(specs, i, { ...spec, config })) })));
}

/** Of what is set to something else: the default, and the entries without it. */
function defaultsOf(kind: ConfigKind, set: ConfigEntries): { readonly name: string; readonly value: string; readonly config: ConfigEntries }[] {
  return Object.keys(set).flatMap((name) => {
    const { [name]: _left, ...config } = set;
    const without = parseConfig(kind, config);
    // Said in other words, or impossible with the other settings.
    if (without.problems.length > 0 || JSON.stringify(without.config) === JSON.stringify(parseConfig(kind, set).config)) return [];
    const usual = String(configDef(kind, name)?.default ?? '');
    return [{ name, value: usual === '' ? 'not set' : `${usual}, the default`, config }];
  });
}

function replaced<Item>(list: readonly Item[], at: number, item: Item): Item[] {
  return list.map((each, i) => (i === at ? item : each));
}
