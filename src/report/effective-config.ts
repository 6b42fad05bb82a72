/**
 * The configuration a run was under, complete: every config that the simulator obeys, with the value in force and
 * whether the scenario sets it.
 */
import { configDef, configNames, type ConfigKind } from '../kafka/config.ts';
import type { ConfigEntries, Scenario } from '../scenarios/scenario.ts';
import type { ModelMeta } from './model/model.ts';

export function effectiveConfig({ cluster, topics, producers, consumers }: Scenario): ModelMeta['config'] {
  return [
    complete('brokers and controllers', 'broker', cluster.config),
    ...topics.map(({ name, config }) => complete(`topic ${name}`, 'topic', config, cluster.config)),
    ...producers.map(({ name, config }) => complete(`producer ${name}`, 'producer', config)),
    ...consumers.map(({ name, config }) => complete(`consumer ${name}`, 'consumer', config)),
  ];
}

/** What a topic does not set it has from its broker, where Kafka says so. */
function complete(of: string, kind: ConfigKind, set: ConfigEntries, fallback: ConfigEntries = {}): ModelMeta['config'][number] {
  const entries = configNames(kind).map((name) => {
    const def = configDef(kind, name);
    const inherited = def !== undefined && 'synonym' in def && def.synonym !== undefined ? fallback[def.synonym] : undefined;
    return [name, set[name] ?? inherited ?? def?.default ?? ''] as const;
  });
  return { of, entries: Object.fromEntries(entries), set: Object.keys(set) };
}
