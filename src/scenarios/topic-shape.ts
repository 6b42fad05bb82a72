/**
 * How a topic is written in a scenario, at its beginning and when the administrator creates one, and the limits of what
 * a run holds.
 */
import { configShape } from './config-entries.ts';
import { integer, list, located, object, optional, required, text } from './shape.ts';
import type { ValueOf } from './shape.ts';

/** A world of this size still runs on a laptop; larger numbers are typing mistakes. */
export const MAX_BROKERS = 100;
export const MAX_PARTITIONS = 10_000;

/** `Topic.validate`: 1-249 of these characters, and neither `.` nor `..`. */
const TOPIC_NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;
const topicName = text("a topic name of letters, digits, '.', '_' and '-', at most 249 of them", { pattern: TOPIC_NAME });

export const topicShape = object('a topic', {
  name: required(located(topicName), 'its name'),
  partitions: optional(integer(1, MAX_PARTITIONS), 'how many partitions; default num.partitions'),
  replicationFactor: optional(integer(1, MAX_BROKERS), 'replicas of each partition; default default.replication.factor'),
  assignment: optional(
    list(list(located(text('the name of a broker')), { min: 1, max: MAX_BROKERS, what: 'brokers' }), { min: 1, max: MAX_PARTITIONS, what: 'partitions' }),
    'brokers of each partition, preferred leader first, in place of partitions and replicationFactor; default: the controller places them',
  ),
  config: optional(configShape('topic'), 'topic configs'),
});

export type RawTopic = ValueOf<typeof topicShape>;
