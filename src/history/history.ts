/**
 * The history of a run: every observation at the client API, in the order in which it happened, stamped with time, node
 * and incarnation. Appending is cheap and a fork shares everything, so a history is kept in every run.
 *
 * A send is one operation of two observations. It is `ok` or `fail` once its callback said so; it is `unknown` when the
 * callback could not tell, when its process died, or when it never completed: nobody may conclude anything from silence.
 *
 * Knows nothing of what is right. Source: Jepsen's histories (invoke, ok, fail, info).
 */
import { AppendLog } from '../kernel/append-log.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import type { ErrorName } from '../kafka/errors.ts';
import type { Offset, PartitionIndex, TopicName } from '../kafka/ids.ts';
import type { AdminCompleted, AdminInvoked, AssignmentChanged, ClientObservation, Outcome, Polled, SendCompleted, SendInvoked } from './observations.ts';

/** One observation; `index` counts from 0 over the whole run. */
export interface HistoryEntry<Observation extends ClientObservation = ClientObservation> {
  readonly index: number;
  readonly atUs: number;
  /** Index of the client's node in the world. */
  readonly node: number;
  /** Incarnation of its process, from 1. */
  readonly incarnation: number;
  readonly observation: Observation;
}

/** A callback of `send`, with the call that it answers. */
export interface Completion extends HistoryEntry<SendCompleted> {
  readonly invocation: HistoryEntry<SendInvoked>;
}

export function isCompletion(entry: HistoryEntry): entry is Completion {
  return entry.observation.type === 'send.completed';
}

/** A send from call to callback. */
export interface Send {
  readonly node: number;
  readonly incarnation: number;
  readonly sendId: number;
  readonly topic: TopicName;
  readonly key: string | null;
  readonly value: string;
  readonly acks: -1 | 0 | 1;
  readonly invokedAtUs: number;
  readonly outcome: Outcome;
  /** Of `ok`: an attempt before the last one may have appended it as well. */
  readonly mayBeTwice: boolean;
  /** Undefined when the callback never ran. */
  readonly completed: { readonly atUs: number; readonly partition: PartitionIndex; readonly offset: Offset; readonly errorCode: ErrorName } | undefined;
}

/** An operation of the administrator from beginning to end. */
export interface Administration {
  readonly invoked: HistoryEntry<AdminInvoked>;
  /** Undefined when it never ended; then its outcome is unknown. */
  readonly completed: HistoryEntry<AdminCompleted> | undefined;
}

/** Sends of a topic by outcome; `unknown` includes those that have not completed. */
export interface SendCounts {
  readonly topic: TopicName;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
}

export interface DeliveredCount {
  readonly node: number;
  readonly topic: TopicName;
  /** Records that `poll` returned, repeated ones counted again. */
  readonly delivered: number;
}

/** What one consumer read of one topic. */
interface Reading {
  readonly topic: TopicName;
  delivered: number;
  /** By partition: the offset it reads next; undefined before its process had a position. */
  positions: (Offset | undefined)[];
}

interface Client {
  incarnation: number;
  /** By `sendId`, which rises. */
  invoked: AppendLog<HistoryEntry<SendInvoked>>;
  completed: AppendLog<Completion>;
  readings: Reading[];
}

export interface ConsumerFailures {
  readonly node: number;
  /** Kafka's, such as `InvalidSessionTimeoutException`. */
  readonly exception: string;
  readonly times: number;
}

interface TopicSends {
  readonly topic: TopicName;
  invoked: number;
  ok: number;
  failed: number;
}

const sendIdOf = (entry: HistoryEntry<SendInvoked>): number => entry.observation.sendId;

export class History {
  private log = AppendLog.empty<HistoryEntry>();
  /** By node index; absent for nodes that never observed anything. */
  private clients: (Client | undefined)[] = [];
  /** In order of first use. */
  private topics: TopicSends[] = [];
  /** In the order in which they began. */
  private administered: readonly Administration[] = [];
  /** By node and exception, in order of first occurrence. */
  private failures = new Map<string, ConsumerFailures>();

  get length(): number {
    return this.log.length;
  }

  /** The entry at `index`; AssertionFailed outside `[0, length)`. */
  at(index: number): HistoryEntry {
    return this.log.at(index);
  }

  /** All entries in order. */
  entries(): IterableIterator<HistoryEntry> {
    return this.log.iterate();
  }

  /** A process started: what its predecessor held in memory, its positions among it, is gone. */
  processStarted(node: number, incarnation: number): void {
    const client = this.client(node);
    client.incarnation = incarnation;
    for (const reading of client.readings) reading.positions = [];
  }

  /** Incarnation of the process that runs or last ran on `node`. */
  incarnationOf(node: number): number {
    return this.clients[node]?.incarnation ?? 1;
  }

  /** Appends an observation. Ids of a node's sends must rise, and a send must be invoked before it completes. */
  record(atUs: number, node: number, observation: ClientObservation): HistoryEntry {
    const entry = this.entryOf(atUs, node, this.client(node), observation);
    this.log = this.log.append(entry);
    return entry;
  }

  private entryOf(atUs: number, node: number, client: Client, observation: ClientObservation): HistoryEntry {
    const { incarnation } = client;
    const index = this.log.length;
    switch (observation.type) {
      case 'send.invoked': {
        const entry = { index, atUs, node, incarnation, observation };
        this.invoked(client, entry);
        return entry;
      }
      case 'send.completed': {
        const entry: Completion = { index, atUs, node, incarnation, observation, invocation: invocationOf(client, node, observation.sendId) };
        this.completed(client, entry);
        return entry;
      }
      case 'poll':
        polled(readingOf(client, observation.topic), observation);
        return { index, atUs, node, incarnation, observation };
      case 'position.reset':
        readingOf(client, observation.topic).positions[observation.partition] = observation.to;
        return { index, atUs, node, incarnation, observation };
      case 'assignment':
        keepOwned(client.readings, observation);
        return { index, atUs, node, incarnation, observation };
      case 'commit.invoked':
      case 'commit.completed':
      case 'record.processed':
      case 'producer.epoch':
        return { index, atUs, node, incarnation, observation };
      case 'consumer.failed':
        this.countFailure(node, observation.exception);
        return { index, atUs, node, incarnation, observation };
      case 'admin.invoked': {
        const entry = { index, atUs, node, incarnation, observation };
        this.administered = [...this.administered, { invoked: entry, completed: undefined }];
        return entry;
      }
      case 'admin.completed': {
        const entry = { index, atUs, node, incarnation, observation };
        this.administrationEnded(entry);
        return entry;
      }
      default:
        return unreachable(observation, 'observation');
    }
  }

  private countFailure(node: number, exception: string): void {
    const key = `${node} ${exception}`;
    this.failures.set(key, { node, exception, times: (this.failures.get(key)?.times ?? 0) + 1 });
  }

  /** Exceptions that the applications of consumers got, in order of first occurrence. */
  consumerFailures(): readonly ConsumerFailures[] {
    return [...this.failures.values()];
  }

  /** Every completion, by node, in the order of the callbacks. */
  *completions(): IterableIterator<Completion> {
    for (const client of this.clients) if (client !== undefined) yield* client.completed;
  }

  /** Every send with its outcome, by node, in the order of the calls. O(sends). */
  *sends(): IterableIterator<Send> {
    for (const client of this.clients) {
      if (client === undefined) continue;
      const completions = new Map<number, Completion>();
      for (const completion of client.completed) completions.set(completion.observation.sendId, completion);
      for (const invocation of client.invoked) yield sendOf(invocation, completions.get(invocation.observation.sendId));
    }
  }

  /** The administrator's operations, in the order in which they began. */
  administrations(): readonly Administration[] {
    return this.administered;
  }

  /** Sends by topic, in the order in which the topics were first used. */
  sendCounts(): SendCounts[] {
    return this.topics.map(({ topic, invoked, ok, failed }) => ({ topic, ok, failed, unknown: invoked - ok - failed }));
  }

  /** By node, then in the order in which the consumer first met the topic. */
  deliveredCounts(): DeliveredCount[] {
    return this.clients.flatMap((client, node) => (client?.readings ?? []).map(({ topic, delivered }) => ({ node, topic, delivered })));
  }

  /** The offset that the consumer at `node` reads next; undefined while its present process has no position. */
  position(node: number, topic: TopicName, partition: PartitionIndex): Offset | undefined {
    return this.clients[node]?.readings.find((reading) => reading.topic === topic)?.positions[partition];
  }

  /** An independent copy; costs the number of clients and partitions, not the length. */
  fork(): History {
    const copy = new History();
    copy.log = this.log;
    copy.clients = this.clients.map((client) =>
      client === undefined ? undefined : { ...client, readings: client.readings.map((reading) => ({ ...reading, positions: reading.positions.slice() })) },
    );
    copy.topics = this.topics.map((topic) => ({ ...topic }));
    copy.administered = this.administered;
    copy.failures = new Map(this.failures);
    return copy;
  }

  private client(node: number): Client {
    let client = this.clients[node];
    if (client === undefined) {
      client = { incarnation: 1, invoked: AppendLog.empty(), completed: AppendLog.empty(), readings: [] };
      while (this.clients.length < node) this.clients.push(undefined);
      this.clients[node] = client;
    }
    return client;
  }

  private invoked(client: Client, entry: HistoryEntry<SendInvoked>): void {
    const { sendId, topic } = entry.observation;
    const last = client.invoked.last();
    if (last !== undefined && sendId <= last.observation.sendId) assert(false, `send ${sendId} of node ${entry.node} follows send ${last.observation.sendId}`);
    client.invoked = client.invoked.append(entry);
    this.topicSends(topic).invoked += 1;
  }

  private completed(client: Client, entry: Completion): void {
    client.completed = client.completed.append(entry);
    const topic = this.topicSends(entry.invocation.observation.topic);
    const { outcome } = entry.observation;
    if (outcome === 'ok') topic.ok += 1;
    else if (outcome === 'fail') topic.failed += 1;
  }

  private administrationEnded(completed: HistoryEntry<AdminCompleted>): void {
    const { node, incarnation, observation: { operationId } } = completed;
    const at = this.administered.findLastIndex(({ invoked }) => invoked.node === node && invoked.incarnation === incarnation && invoked.observation.operationId === operationId);
    const begun = this.administered[at];
    if (begun === undefined || begun.completed !== undefined) assert(false, `node ${node} completed operation ${operationId}, which was not under way`);
    this.administered = this.administered.with(at, { ...(begun as Administration), completed });
  }

  private topicSends(topic: TopicName): TopicSends {
    for (let i = 0; i < this.topics.length; i += 1) {
      const sends = this.topics[i] as TopicSends;
      if (sends.topic === topic) return sends;
    }
    const sends = { topic, invoked: 0, ok: 0, failed: 0 };
    this.topics.push(sends);
    return sends;
  }
}

/** The call of send `sendId`; AssertionFailed when there was none. */
function invocationOf(client: Client, node: number, sendId: number): HistoryEntry<SendInvoked> {
  const index = client.invoked.lowerBound(sendId, sendIdOf);
  const found = index === client.invoked.length ? undefined : client.invoked.at(index);
  if (found?.observation.sendId !== sendId) assert(false, `node ${node} completed send ${sendId}, which it never invoked`);
  return found as HistoryEntry<SendInvoked>;
}

function readingOf(client: Client, topic: TopicName): Reading {
  for (let i = 0; i < client.readings.length; i += 1) {
    const reading = client.readings[i] as Reading;
    if (reading.topic === topic) return reading;
  }
  const reading: Reading = { topic, delivered: 0, positions: [] };
  client.readings.push(reading);
  return reading;
}

function polled(reading: Reading, { partition, records }: Polled): void {
  const last = records[records.length - 1];
  if (last === undefined) return;
  reading.delivered += records.length;
  reading.positions[partition] = last.offset + 1;
}

/** A position ends with the ownership of its partition; what is assigned anew begins without one. */
function keepOwned(readings: readonly Reading[], { owned }: AssignmentChanged): void {
  for (const reading of readings) {
    const partitions = owned.find(({ topic }) => topic === reading.topic)?.partitions ?? [];
    reading.positions = reading.positions.map((position, partition) => (partitions.includes(partition) ? position : undefined));
  }
}

function sendOf(invocation: HistoryEntry<SendInvoked>, completion: Completion | undefined): Send {
  const { sendId, topic, key, value, acks } = invocation.observation;
  const { node, incarnation, atUs: invokedAtUs } = invocation;
  const base = { node, incarnation, sendId, topic, key, value, acks, invokedAtUs };
  if (completion === undefined) return { ...base, outcome: 'unknown', mayBeTwice: false, completed: undefined };
  const { outcome, partition, offset, errorCode } = completion.observation;
  return { ...base, outcome, mayBeTwice: completion.observation.mayBeTwice === true, completed: { atUs: completion.atUs, partition, offset, errorCode } };
}

