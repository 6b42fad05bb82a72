/**
 * Operations of the administrator as a scenario writes them: `{ at: 6m, reassign: { topic: gps, partition: 0, to: [broker-2, broker-3] } }`.
 * Topics, partitions, nodes and configs are checked against the scenario, whatever the time: a topic may be created or get its
 * partitions later than it is spoken of, and then the operation meets Kafka's error, which may be what is wanted.
 */
import { configDef, configNames } from '../kafka/config.ts';
import type { ConfigKind } from '../kafka/config.ts';
import { unreachable } from '../kernel/assert.ts';
import type { AdminOperation, AlterConfigOperation } from './administration.ts';
import { configShape, resolveConfig } from './config-entries.ts';
import { formatDurationMs } from './durations.ts';
import { inOrder, nodesShape } from './fault-forms.ts';
import { sortedByTime } from './faults.ts';
import type { NodeName } from './faults.ts';
import { meant, oneOf, show } from './problems.ts';
import type { Mistakes, Path } from './problems.ts';
import { checkTopicName, resolveTopic } from './resolve-topics.ts';
import { durationMs } from './scalars.ts';
import type { ClusterSpec, ConfigEntries, TopicSpec } from './scenario.ts';
import { choice, entries, integer, keyed, list, located, object, optional, required, scalar, text } from './shape.ts';
import type { KeyedValue, Located, ValueOf } from './shape.ts';
import { MAX_PARTITIONS, topicShape } from './topic-shape.ts';

const at = required(located(durationMs({ min: 0 })), 'when it is due, from the start of the run; it waits for those before it');
const topicText = located(text('the name of a topic'));
const topic = required(topicText, 'its topic');
const partitionShape = located(integer(0, MAX_PARTITIONS - 1));
const partition = required(partitionShape, 'its partition');
const brokerText = located(text('the name of a broker', { maxLength: 200 }));

const OFFSET_WORDS = 'an offset, or highWatermark';
const beforeShape = scalar<number | 'highWatermark'>(OFFSET_WORDS, { anyOf: [{ type: 'integer', minimum: 0 }, { const: 'highWatermark' }] }, (value) => {
  if (value === 'highWatermark') return { value };
  if (Number.isSafeInteger(value) && (value as number) >= 0) return { value: value as number };
  return { wrong: `got ${show(value)}; expected ${OFFSET_WORDS}${typeof value === 'string' ? meant(value, ['highWatermark']) : ''}` };
});

const allConfigs = {
  ...(configShape('broker').json['properties'] as object),
  ...(configShape('topic').json['properties'] as object),
};

const alterConfigShape = object('a change of configs', {
  topic: optional(topicText, 'the topic whose configs change'),
  broker: optional(brokerText, 'the broker whose configs change'),
  cluster: optional(located(choice(['default'], 'what of the cluster')), 'default: the configs of all brokers'),
  set: optional(entries("configs under Kafka's dotted names", { type: 'object', properties: allConfigs, additionalProperties: false }), 'configs with their new values'),
  delete: optional(list(located(text('the name of a config')), { min: 1, max: 1000, what: 'configs' }), 'configs that go back to their default'),
});

const FORMS = {
  createTopic: { at, createTopic: required(topicShape, 'the topic that is created') },
  deleteTopic: { at, deleteTopic: required(topicText, 'the topic that is deleted') },
  createPartitions: { at, createPartitions: required(object('more partitions', { topic, count: required(located(integer(2, MAX_PARTITIONS)), 'how many it has then') }), 'the topic that gets more partitions') },
  electLeaders: {
    at, electLeaders: required(choice(['preferred', 'unclean'], 'an election'), 'preferred: the first replica, if it is in sync; unclean: any replica, at the price of records'),
    topic: optional(topicText, 'the topic whose partitions elect; default every partition of the cluster'),
    partitions: optional(list(partitionShape, { min: 1, max: MAX_PARTITIONS, what: 'partitions' }), 'partitions of the topic; default all'),
  },
  reassign: { at, reassign: required(object('a reassignment', { topic, partition, to: required(nodesShape, 'the brokers that hold it then, the preferred leader first') }), 'the partition that moves') },
  cancelReassignment: { at, cancelReassignment: required(object('a partition', { topic, partition }), 'the partition whose reassignment ends') },
  deleteRecords: { at, deleteRecords: required(object('a range of records', { topic, partition, before: required(beforeShape, 'records below this offset go') }), 'the records that are deleted') },
  alterConfig: { at, alterConfig: required(alterConfigShape, 'what changes') },
  unregisterBroker: { at, unregisterBroker: required(brokerText, 'the broker that is taken off the list') },
} as const satisfies Readonly<Record<AdminOperation['kind'], object>>;

const operationShape = keyed('operation', FORMS);
export const adminShape = list(operationShape, { min: 0, max: 10_000, what: 'operations' });
export type AdminForm = KeyedValue<typeof FORMS>;

export interface AdminScope {
  /** Brokers of the cluster, in order; empty when their number is a mistake. */
  readonly brokers: readonly NodeName[];
  readonly cluster: Pick<ClusterSpec, 'brokers' | 'config'> | undefined;
  /** Topics that the run begins with. */
  readonly topics: readonly TopicSpec[];
  /** Whether all of them could be read; if not, a reference to a missing one is no mistake of its own. */
  readonly topicsAreKnown: boolean;
  /** Undefined when the duration itself is a mistake. */
  readonly durationMs: number | undefined;
}

/** A topic that exists at some time, and the most partitions it has. */
interface KnownTopic {
  readonly name: string;
  readonly partitions: number;
}

/** Resolves the operations of a scenario, sorted by time; mistakes are noted and their operations left out. */
export function resolveAdmin(forms: readonly AdminForm[], scope: AdminScope, mistakes: Mistakes): AdminOperation[] {
  const created = forms.map((form) => (form.kind === 'createTopic' && form.fields.createTopic !== undefined ? resolveTopic(form.fields.createTopic, [...form.path, 'createTopic'], scope.cluster, mistakes) : undefined));
  checkCreated(forms, created, scope, mistakes);
  const known = knownTopics(forms, created, scope);
  const areKnown = scope.topicsAreKnown && forms.every((form, index) => form.kind !== 'createTopic' || created[index] !== undefined);
  const resolver = new Resolver({ ...scope, topicsAreKnown: areKnown }, known, mistakes);
  return sortedByTime(forms.flatMap((form, index) => resolver.resolve(form, created[index])));
}

/** A topic may be created again after it was deleted. */
function checkCreated(forms: readonly AdminForm[], created: readonly (TopicSpec | undefined)[], { topics }: AdminScope, mistakes: Mistakes): void {
  const deleted = new Set(forms.flatMap((form) => (form.kind === 'deleteTopic' && form.fields.deleteTopic !== undefined ? [form.fields.deleteTopic.value] : [])));
  const others = topics.filter(({ name }) => !deleted.has(name));
  for (const [index, spec] of created.entries()) {
    const form = forms[index] as AdminForm;
    if (spec === undefined || form.kind !== 'createTopic' || form.fields.createTopic?.name === undefined) continue;
    checkTopicName(spec.name, form.fields.createTopic.name.path, others, mistakes);
    if (!deleted.has(spec.name)) others.push(spec);
  }
}

function knownTopics(forms: readonly AdminForm[], created: readonly (TopicSpec | undefined)[], { topics }: AdminScope): KnownTopic[] {
  const most = new Map<string, number>();
  const raise = (name: string, partitions: number): void => void most.set(name, Math.max(most.get(name) ?? 0, partitions));
  for (const { name, partitions } of topics) raise(name, partitions);
  for (const spec of created) if (spec !== undefined) raise(spec.name, spec.partitions);
  for (const form of forms) {
    const { topic: name, count } = form.kind === 'createPartitions' ? (form.fields.createPartitions ?? {}) : {};
    if (name !== undefined && count !== undefined && most.has(name.value)) raise(name.value, count.value);
  }
  return [...most].map(([name, partitions]) => ({ name, partitions }));
}

class Resolver {
  private readonly scope: AdminScope;
  private readonly known: readonly KnownTopic[];
  private readonly mistakes: Mistakes;

  constructor(scope: AdminScope, known: readonly KnownTopic[], mistakes: Mistakes) {
    this.scope = scope;
    this.known = known;
    this.mistakes = mistakes;
  }

  resolve(form: AdminForm, created: TopicSpec | undefined): AdminOperation[] {
    const { at: atMs } = form.fields;
    const { durationMs: endMs } = this.scope;
    if (atMs !== undefined && endMs !== undefined && atMs.value >= endMs) {
      this.mistakes.add(atMs.path, `${formatDurationMs(atMs.value)} is not before the end of the run; expected less than ${formatDurationMs(endMs)}`);
    }
    const operation = this.operation(form, created, atMs?.value ?? 0);
    return operation === undefined || atMs === undefined ? [] : [operation];
  }

  /** Undefined when a field is missing or broken, which has been reported. */
  private operation(form: AdminForm, created: TopicSpec | undefined, atMs: number): AdminOperation | undefined {
    switch (form.kind) {
      case 'createTopic': {
        if (created === undefined) return undefined;
        const { name, ...spec } = created;
        return { atMs, kind: 'createTopic', topic: name, ...spec };
      }
      case 'deleteTopic': {
        const found = this.topic(form.fields.deleteTopic);
        return found === undefined ? undefined : { atMs, kind: 'deleteTopic', topic: found.name };
      }
      case 'createPartitions': {
        const { topic: name, count } = form.fields.createPartitions ?? {};
        const found = this.topic(name);
        if (found === undefined || count === undefined) return undefined;
        const first = this.scope.topics.find((each) => each.name === found.name);
        if (first !== undefined && count.value <= first.partitions) {
          this.mistakes.add(count.path, `got ${count.value}, no more than ${found.name} begins with; expected at least ${first.partitions + 1}`);
        }
        return { atMs, kind: 'createPartitions', topic: found.name, count: count.value };
      }
      case 'electLeaders':
        return this.electLeaders(form, atMs);
      case 'reassign': {
        const { topic: name, partition: index, to } = form.fields.reassign ?? {};
        const chosen = this.partition(name, index);
        if (to === undefined) return undefined;
        const replicas = this.brokers(to);
        return chosen === undefined || replicas.length === 0 ? undefined : { atMs, kind: 'reassign', ...chosen, to: replicas };
      }
      case 'cancelReassignment': {
        const chosen = this.partition(form.fields.cancelReassignment?.topic, form.fields.cancelReassignment?.partition);
        return chosen === undefined ? undefined : { atMs, kind: 'cancelReassignment', ...chosen };
      }
      case 'deleteRecords': {
        const { topic: name, partition: index, before } = form.fields.deleteRecords ?? {};
        const chosen = this.partition(name, index);
        return chosen === undefined || before === undefined ? undefined : { atMs, kind: 'deleteRecords', ...chosen, before };
      }
      case 'alterConfig':
        return form.fields.alterConfig === undefined ? undefined : this.alterConfig(form.fields.alterConfig, [...form.path, 'alterConfig'], atMs);
      case 'unregisterBroker': {
        const node = this.broker(form.fields.unregisterBroker);
        return node === undefined ? undefined : { atMs, kind: 'unregisterBroker', node };
      }
      default:
        return unreachable(form, 'operation of the administrator');
    }
  }

  private electLeaders({ path, fields }: Extract<AdminForm, { kind: 'electLeaders' }>, atMs: number): AdminOperation | undefined {
    const { electLeaders: election, topic: name, partitions } = fields;
    if (name === undefined) {
      if (partitions !== undefined) this.mistakes.add([...path, 'partitions'], 'partitions of no topic; expected topic with them', 'key');
      return election === undefined ? undefined : { atMs, kind: 'electLeaders', election, partitions: null };
    }
    const found = this.topic(name);
    if (found === undefined || election === undefined) return undefined;
    const chosen = partitions === undefined
      ? Array.from({ length: found.partitions }, (_, index) => index)
      : [...new Set(partitions.filter((each) => this.isPartitionOf(found, each)).map(({ value }) => value))];
    return { atMs, kind: 'electLeaders', election, partitions: [{ topic: found.name, partitions: chosen }] };
  }

  private alterConfig(change: ValueOf<typeof alterConfigShape>, path: Path, atMs: number): AdminOperation | undefined {
    const named = (['topic', 'broker', 'cluster'] as const).filter((each) => change[each] !== undefined);
    if (named.length > 1) this.mistakes.add([...path, named[1] as string], `configs of a second thing beside ${named[0] as string}; expected one of topic, broker or cluster`, 'key');
    const resource = named[0];
    if (resource === undefined) {
      const isBroken = this.mistakes.list.some((mistake) => path.every((step, i) => mistake.path[i] === step));
      if (!isBroken) this.mistakes.add(path, 'configs of nothing; expected one of topic, broker or cluster');
      return undefined;
    }
    const kind: ConfigKind = resource === 'topic' ? 'topic' : 'broker';
    const set = resolveConfig(kind, change.set, [...path, 'set'], this.mistakes);
    const removed = (change.delete ?? []).filter((each) => this.isConfig(kind, each)).map(({ value }) => value);
    if (change.set === undefined && change.delete === undefined) this.mistakes.add(path, 'changes nothing; expected set or delete');
    const both = change.delete?.find(({ value }) => Object.hasOwn(set, value));
    if (both !== undefined) this.mistakes.add(both.path, `${both.value} is set as well; expected it in one of set and delete`);
    const name = this.resourceName(change, resource);
    return name === undefined ? undefined : ({ atMs, kind: 'alterConfig', resource, name, set: set satisfies ConfigEntries, delete: removed } satisfies AlterConfigOperation);
  }

  private resourceName(change: ValueOf<typeof alterConfigShape>, resource: 'topic' | 'broker' | 'cluster'): string | undefined {
    if (resource === 'topic') return this.topic(change.topic)?.name;
    return resource === 'broker' ? this.broker(change.broker) : '';
  }

  private isConfig(kind: ConfigKind, { value, path }: Located<string>): boolean {
    if (configDef(kind, value) !== undefined) return true;
    this.mistakes.add(path, `unknown ${kind} config ${show(value)}; expected the name of a ${kind} config${meant(value, configNames(kind))}`);
    return false;
  }

  private topic(reference: Located<string> | undefined): KnownTopic | undefined {
    if (reference === undefined) return undefined;
    const found = this.known.find(({ name }) => name === reference.value);
    if (found === undefined && this.scope.topicsAreKnown) {
      const names = this.known.map(({ name }) => name);
      this.mistakes.add(reference.path, `no topic ${show(reference.value)}; expected ${oneOf(names, 12)}${meant(reference.value, names)}`);
    }
    return found;
  }

  private partition(name: Located<string> | undefined, index: Located<number> | undefined): { topic: string; partition: number } | undefined {
    const found = this.topic(name);
    return found === undefined || index === undefined || !this.isPartitionOf(found, index) ? undefined : { topic: found.name, partition: index.value };
  }

  private isPartitionOf({ name, partitions }: KnownTopic, { value, path }: Located<number>): boolean {
    if (value < partitions) return true;
    this.mistakes.add(path, `got ${value}; expected a partition of ${name} from 0 to ${partitions - 1}`);
    return false;
  }

  private broker(reference: Located<string> | undefined): NodeName | undefined {
    return reference === undefined ? undefined : this.brokers([reference])[0];
  }

  private brokers(patterns: readonly Located<string>[]): NodeName[] {
    const { brokers } = this.scope;
    if (brokers.length === 0) return [];
    for (const [index, { value, path }] of patterns.entries()) {
      if (patterns.findIndex((other) => other.value === value) !== index) this.mistakes.add(path, `${value} twice; expected each broker once`);
    }
    return inOrder(patterns, brokers, this.mistakes);
  }
}
