/**
 * Consumers as a scenario writes them: readers of their own, or members of a group with an application. A group without an
 * application has Kafka's defaults: it processes what poll returns, and the consumer commits by itself.
 */
import type { ApplicationOptions } from '../actors/application/state.ts';
import type { RawApplication } from './application-shape.ts';
import { resolveConfig } from './config-entries.ts';
import { inOrder } from './fault-forms.ts';
import { meant, oneOf, show } from './problems.ts';
import type { Mistakes, Path } from './problems.ts';
import type { ConfigEntries, ConsumerSpec, TopicSpec } from './scenario.ts';
import type { RawScenario } from './schema.ts';
import type { Located } from './shape.ts';

type RawConsumer = NonNullable<RawScenario['consumers']>[number];

const DEFAULT_POLL_TIMEOUT_MS = 1_000;
/** Of a group that is written without one. */
export const DEFAULT_APPLICATION: ApplicationOptions = {
  mode: 'auto-commit', handler: 'sync', commit: 'sync', perRecordMs: 0, perBatchMs: 0, sink: 'naive', pollTimeoutMs: DEFAULT_POLL_TIMEOUT_MS,
};
/** They do nothing in a consumer that is in no group. */
const GROUP_CONFIGS = [
  'auto.commit.interval.ms', 'default.api.timeout.ms', 'enable.auto.commit', 'group.instance.id', 'group.protocol', 'group.remote.assignor', 'heartbeat.interval.ms',
  'max.poll.interval.ms', 'partition.assignment.strategy', 'session.timeout.ms',
];

/** `topics` is undefined when not all of them could be read. */
export function resolveConsumers(raw: readonly RawConsumer[], topics: readonly TopicSpec[] | undefined, brokers: readonly string[], mistakes: Mistakes): ConsumerSpec[] {
  const consumers: ConsumerSpec[] = [];
  for (const consumer of raw) {
    if (consumer.name === undefined) continue;
    const { value: name, path: namePath } = consumer.name;
    const path = namePath.slice(0, -1);
    const config = resolveConfig('consumer', consumer.config, [...path, 'config'], mistakes);
    const base = {
      name, nodes: clientNodes(name, consumer.count ?? 1), topics: resolveSubscription(consumer.topics ?? [], topics, mistakes),
      bootstrap: consumer.bootstrap === undefined || brokers.length === 0 ? [...brokers] : inOrder(consumer.bootstrap, brokers, mistakes), config,
    };
    if (consumer.group === undefined) {
      refuseWithoutGroup(consumer, config, path, mistakes);
      consumers.push(base);
    } else {
      const application = resolveApplication(consumer.application, config, path, mistakes);
      checkInstanceId(config, consumer.count ?? 1, path, mistakes);
      consumers.push({ ...base, config: withAutoCommit(config, application), group: { groupId: consumer.group, application } });
    }
  }
  return consumers;
}

/** Names of the nodes of `count` equal clients. */
export function clientNodes(name: string, count: number): string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
}

function resolveSubscription(written: readonly Located<string>[], topics: readonly TopicSpec[] | undefined, mistakes: Mistakes): string[] {
  const topicNames = topics?.map((topic) => topic.name);
  const subscribed: string[] = [];
  for (const { value, path } of written) {
    if (topicNames?.includes(value) === false) mistakes.add(path, `no topic ${show(value)}; expected ${oneOf(topicNames, 12)}${meant(value, topicNames)}`);
    else if (subscribed.includes(value)) mistakes.add(path, `topic ${show(value)} twice; expected each topic once`);
    subscribed.push(value);
  }
  return subscribed;
}

function refuseWithoutGroup({ application }: RawConsumer, config: ConfigEntries, path: Path, mistakes: Mistakes): void {
  if (application !== undefined) mistakes.add([...path, 'application'], 'an application without a group; expected group with it, whose offsets it commits', 'key');
  for (const name of GROUP_CONFIGS) {
    if (Object.hasOwn(config, name)) mistakes.add([...path, 'config', name], 'does nothing without a group; expected group beside it', 'key');
  }
}

function resolveApplication(raw: RawApplication | undefined, config: ConfigEntries, path: Path, mistakes: Mistakes): ApplicationOptions {
  const mode = raw?.mode ?? DEFAULT_APPLICATION.mode;
  const isAutomatic = mode === 'auto-commit';
  if (raw?.handler?.value === 'threaded' && !isAutomatic) mistakes.add(raw.handler.path, `got "threaded" with mode ${mode}; expected it with mode auto-commit`);
  if (raw?.commit !== undefined && isAutomatic) mistakes.add(raw.commit.path, 'not possible with mode auto-commit: the consumer commits by itself; expected another mode with it', 'key');
  const written = config['enable.auto.commit'];
  const isEnabled = written === undefined ? isAutomatic : String(written) === 'true';
  if (isEnabled !== isAutomatic && (raw === undefined || raw.mode !== undefined)) {
    mistakes.add([...path, 'config', 'enable.auto.commit'], raw === undefined
      ? `got ${String(written)} without an application that commits; expected application with it`
      : `got ${String(written)} with an application of mode ${mode}; expected ${isAutomatic ? 'true' : 'false'}`);
  }
  return {
    mode, handler: raw?.handler?.value ?? DEFAULT_APPLICATION.handler, commit: raw?.commit?.value ?? DEFAULT_APPLICATION.commit, perRecordMs: raw?.perRecord ?? 0, perBatchMs: raw?.perBatch ?? 0,
    sink: raw?.sink ?? DEFAULT_APPLICATION.sink, pollTimeoutMs: raw?.pollTimeout ?? DEFAULT_POLL_TIMEOUT_MS,
  };
}

/** `enable.auto.commit` follows from the application: sorted in, as every entry is. */
function withAutoCommit(config: ConfigEntries, { mode }: ApplicationOptions): ConfigEntries {
  const entries = Object.entries({ ...config, 'enable.auto.commit': mode === 'auto-commit' });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function checkInstanceId(config: ConfigEntries, count: number, path: Path, mistakes: Mistakes): void {
  const id = config['group.instance.id'];
  if (id !== undefined && count > 1 && !String(id).includes('{n}')) {
    mistakes.add([...path, 'config', 'group.instance.id'], `got ${show(id)} for ${count} consumers; expected a template with {n}, so that each has its own`);
  }
}

/** The entries of the n-th consumer, from 1. */
export function configOfMember(config: ConfigEntries, n: number): ConfigEntries {
  const id = config['group.instance.id'];
  return id === undefined ? config : { ...config, 'group.instance.id': String(id).replaceAll('{n}', String(n)) };
}

/** The nodes that run an application. */
export function applicationsOf(consumers: readonly ConsumerSpec[]): string[] {
  return consumers.flatMap(({ nodes, group }) => (group === undefined ? [] : nodes));
}
