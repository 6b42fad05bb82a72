/**
 * What the administrator of a drawn scenario does: some of the operations a person does to a running cluster, at drawn
 * times, on drawn partitions. Each kind has streams of its own.
 *
 * Left out: unregisterBroker, which is for brokers that never come back, and unclean elections other than by config.
 */
import { unreachable } from '../kernel/assert.ts';
import type { SwarmChoices } from './swarm-choices.ts';

/** A topic of a drawn scenario, as written. */
export interface SwarmTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string | number | boolean>>;
}

export interface SwarmAdministration {
  readonly topics: readonly SwarmTopic[];
  readonly brokers: number;
  readonly startMs: number;
  readonly untilMs: number;
}

const KINDS = ['electLeaders', 'reassign', 'cancelReassignment', 'deleteRecords', 'createPartitions', 'alterConfig', 'createTopic', 'deleteTopic'] as const;
type Kind = (typeof KINDS)[number];

/** A topic beside those that clients use: it may go. */
const EXTRA_TOPIC = 'extra';
const MOST_OPERATIONS = 4;

/** Operations as a scenario writes them, sorted by time. Half of the runs have none. */
export function drawAdministration(choices: SwarmChoices, scope: SwarmAdministration): readonly object[] {
  if (choices.pick('administrator', ['idle', 'busy']) === 'idle') return [];
  const draws = choices.stream('administrator/what');
  const count = draws.between(1, MOST_OPERATIONS);
  const drawn = Array.from({ length: count }, (_, index) => ({ kind: draws.pick(KINDS), atMs: draws.between(scope.startMs, scope.untilMs), index }));
  drawn.sort((a, b) => a.atMs - b.atMs || a.index - b.index);
  // A topic is deleted after it was created, or never was there.
  let hasExtra = false;
  const grown = new Set<string>();
  return drawn.flatMap(({ kind, atMs, index }) => {
    if (kind === 'createTopic' ? hasExtra : kind === 'deleteTopic' && !hasExtra) return [];
    hasExtra ||= kind === 'createTopic';
    const body = operationOf(choices, kind, index, scope, grown);
    if (body === undefined) return [];
    choices.noted('admin', kind);
    return [{ at: `${atMs}ms`, ...body }];
  });
}

function operationOf(choices: SwarmChoices, kind: Kind, index: number, { topics, brokers }: SwarmAdministration, grown: Set<string>): object | undefined {
  const draws = choices.stream(`administrator/${index}/${kind}`);
  const topic = draws.pick(topics);
  const partition = draws.below(topic.partitions);
  switch (kind) {
    case 'electLeaders':
      return { electLeaders: 'preferred' };
    case 'reassign': {
      const all = Array.from({ length: brokers }, (_, id) => `broker-${id + 1}`);
      const size = choices.pick('reassigned to', ['as many', 'as many', 'more', 'fewer'], String(index));
      const wanted = topic.replicationFactor + (size === 'more' ? 1 : size === 'fewer' ? -1 : 0);
      return { reassign: { topic: topic.name, partition, to: draws.shuffle(all).slice(0, Math.max(1, wanted)) } };
    }
    case 'cancelReassignment':
      return { cancelReassignment: { topic: topic.name, partition } };
    case 'deleteRecords':
      return { deleteRecords: { topic: topic.name, partition, before: draws.pick(['highWatermark', 3, 10] as const) } };
    case 'createPartitions':
      if (grown.has(topic.name)) return undefined;
      grown.add(topic.name);
      return { createPartitions: { topic: topic.name, count: topic.partitions + 1 + draws.below(2) } };
    case 'alterConfig':
      return { alterConfig: { topic: topic.name, set: { 'min.insync.replicas': 1 + draws.below(topic.replicationFactor) } } };
    case 'createTopic':
      return { createTopic: { name: EXTRA_TOPIC, partitions: 2, replicationFactor: topic.replicationFactor } };
    case 'deleteTopic':
      return { deleteTopic: EXTRA_TOPIC };
    default:
      return unreachable(kind, 'operation of the administrator');
  }
}
