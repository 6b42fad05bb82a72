/**
 * A run's history as a recorded one, and back: nothing is lost either way, so that what judges a file judges the run.
 *
 * Each observation is one operation with the same index. A send is invoked without a partition (the producer has not chosen
 * yet) and completed with one; offsets and partitions that are not known (-1) are null. Processes are nodes, by name.
 */
import { AssertionFailed, assert, present, unreachable } from '../../kernel/assert.ts';
import { NO_OFFSET, topicPartition } from '../../kafka/ids.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { AdminCall } from '../../kafka/api.ts';
import { History } from '../history.ts';
import type { HistoryEntry } from '../history.ts';
import type { AdminResult, ClientObservation, Outcome, ReceivedRecord, SendCompleted } from '../observations.ts';
import { HISTORY_FORMAT, TYPE_OF_OUTCOME, topicOfKey } from './operations.ts';
import type { ClientOperation, HistoryHeader, Key, MicroOperation, Operation, OperationType, RecordedHistory, SendMicroOperation } from './operations.ts';

const NS_PER_US = 1_000;
const NO_PARTITION = -1;

/** `nodes` are the names of the world's nodes by index; `header` says what else is known of the run. */
export function recordedHistory(history: History, nodes: readonly string[], header: Omit<HistoryHeader, 'format' | 'nodes'> = {}): RecordedHistory {
  const operations: Operation[] = [];
  for (const entry of history.entries()) operations.push(operationOf(entry, nodes));
  return { header: { format: HISTORY_FORMAT, ...header, nodes }, operations };
}

export function operationOf(entry: HistoryEntry, nodes: readonly string[]): Operation {
  const { index, atUs, node, incarnation, observation } = entry;
  const process = present(nodes[node], `the name of node ${node}`);
  const stamp = (type: OperationType) => ({ index, type, process, incarnation, timeNs: atUs * NS_PER_US });
  switch (observation.type) {
    case 'send.invoked': {
      const { sendId: id, topic, key: recordKey, value, acks } = observation;
      return { ...stamp('invoke'), f: 'send', id, topic, recordKey, acks, value: [{ kind: 'send', key: null, value, offset: null }] };
    }
    case 'send.completed':
      return { ...stamp(TYPE_OF_OUTCOME[observation.outcome]), ...completedSend(entry as HistoryEntry<SendCompleted>) };
    case 'producer.epoch':
      return { ...stamp('ok'), f: 'producer-epoch', value: [observation.producerId, observation.producerEpoch] };
    case 'poll': {
      const { topic, partition, records, from, isFromFormerLeader } = observation;
      return { ...stamp('ok'), f: 'poll', from, ...(isFromFormerLeader === true ? { isFromFormerLeader } : {}), value: [{ kind: 'poll', reads: [{ key: topicPartition(topic, partition), records: records.map(readOf) }] }] };
    }
    case 'position.reset': {
      const { topic, partition, from, to, reason, leaderEpoch } = observation;
      return { ...stamp('ok'), f: 'position', value: [topicPartition(topic, partition), to], from, reason, ...(leaderEpoch === undefined ? {} : { leaderEpoch }) };
    }
    case 'assignment': {
      const { groupId: group, memberId: member, generationId: generation, reason, owned } = observation;
      return { ...stamp('ok'), f: 'rebalance', group, member, generation, reason, value: owned.flatMap(({ topic, partitions }) => partitions.map((partition) => topicPartition(topic, partition))) };
    }
    case 'commit.invoked': {
      const { commitId: id, groupId: group, mode, offsets } = observation;
      return { ...stamp('invoke'), f: 'commit', id, group, mode, value: offsets.map(({ topic, partition, offset }) => [topicPartition(topic, partition), offset]) };
    }
    case 'commit.completed':
      return { ...stamp(TYPE_OF_OUTCOME[observation.outcome]), f: 'commit', id: observation.commitId, value: [], ...errorOf(observation.errorCode), ...(observation.mayBeTwice === true ? { mayBeTwice: true } : {}) };
    case 'record.processed': {
      const { topic, partition, offset, value, isApplied } = observation;
      return { ...stamp('ok'), f: 'process', value: [topicPartition(topic, partition), offset, value], isApplied };
    }
    case 'consumer.failed':
      return { ...stamp('info'), f: 'error', error: observation.errorCode, exception: observation.exception };
    case 'admin.invoked':
      return { ...stamp('invoke'), f: 'admin', id: observation.operationId, value: observation.call };
    case 'admin.completed': {
      const { operationId: id, outcome, errorCode, errorMessage, results } = observation;
      return { ...stamp(TYPE_OF_OUTCOME[outcome]), f: 'admin', id, value: results, ...errorOf(errorCode), ...(errorMessage === null ? {} : { message: errorMessage }) };
    }
    default:
      return unreachable(observation, 'observation');
  }
}

/** The value is that of the call: a callback does not repeat it. */
function completedSend(entry: HistoryEntry<SendCompleted>): Pick<ClientOperation, 'f' | 'id' | 'value' | 'error' | 'mayBeTwice'> {
  const { sendId: id, partition, offset, errorCode, mayBeTwice } = entry.observation;
  const { topic, value } = (entry as HistoryEntry<SendCompleted> & { readonly invocation: HistoryEntry<Extract<ClientObservation, { type: 'send.invoked' }>> }).invocation.observation;
  const key = partition === NO_PARTITION ? null : topicPartition(topic, partition);
  return { f: 'send', id, value: [{ kind: 'send', key, value, offset: offset === NO_OFFSET ? null : offset }], ...errorOf(errorCode), ...(mayBeTwice === undefined ? {} : { mayBeTwice }) };
}

function errorOf(errorCode: ErrorName): { readonly error?: string } {
  return errorCode === 'NONE' ? {} : { error: errorCode };
}

function readOf({ offset, value, key, leaderEpoch }: ReceivedRecord) {
  return { offset, value, recordKey: key, leaderEpoch };
}

/**
 * The history that a run recorded and `recordedHistory` wrote. AssertionFailed for histories that no run of ours could have
 * recorded: who reads files of others judges the operations themselves.
 */
export function historyOf({ header, operations }: RecordedHistory): History {
  const nodes = present(header.nodes, 'the names of the nodes');
  const history = new History();
  for (const operation of operations) {
    const node = nodes.indexOf(operation.process);
    assert(node >= 0, () => `operation ${operation.index}: no node ${operation.process}`);
    assert(operation.index === history.length, () => `operation ${operation.index} stands at ${history.length}`);
    if (operation.incarnation !== history.incarnationOf(node)) history.processStarted(node, operation.incarnation);
    history.record(operation.timeNs / NS_PER_US, node, observationOf(operation));
  }
  return history;
}

function observationOf(operation: Operation): ClientObservation {
  const errorCode = ('error' in operation && operation.error !== undefined ? operation.error : 'NONE') as ErrorName;
  switch (operation.f) {
    case 'send':
      return observedSend(operation, errorCode);
    case 'poll':
      return observedPoll(operation);
    case 'producer-epoch': {
      const [producerId, producerEpoch] = operation.value;
      return { type: 'producer.epoch', producerId, producerEpoch };
    }
    case 'position': {
      const { value: [key, to], from, reason, leaderEpoch } = operation;
      return { type: 'position.reset', ...placeOf(key), from, to, reason, ...(leaderEpoch === undefined ? {} : { leaderEpoch }) };
    }
    case 'rebalance': {
      const { group: groupId, member: memberId, generation: generationId, reason, value } = operation;
      return { type: 'assignment', groupId, memberId, generationId, reason, owned: grouped(value) };
    }
    case 'commit': {
      const { type, value, id, group, mode, mayBeTwice } = operation;
      const commitId = present(id, 'the id of a commit');
      if (type !== 'invoke') return { type: 'commit.completed', commitId, outcome: outcomeOf(type), errorCode, ...(mayBeTwice === true ? { mayBeTwice } : {}) };
      return { type: 'commit.invoked', commitId, groupId: present(group, 'the group of a commit'), mode: present(mode, 'the mode of a commit'), offsets: value.map(([key, offset]) => ({ ...placeOf(key), offset })) };
    }
    case 'process': {
      const [key, offset, value] = operation.value;
      return { type: 'record.processed', ...placeOf(key), offset, value: textOf(value), isApplied: operation.isApplied };
    }
    case 'error':
      return { type: 'consumer.failed', errorCode, exception: operation.exception };
    case 'admin':
      if (operation.type === 'invoke') return { type: 'admin.invoked', operationId: operation.id, call: operation.value as AdminCall };
      return { type: 'admin.completed', operationId: operation.id, outcome: outcomeOf(operation.type), errorCode, errorMessage: operation.message ?? null, results: operation.value as readonly AdminResult[] };
    case 'txn':
    case 'assign':
    case 'subscribe':
    case 'committed':
    case 'list-offsets':
    case 'crash':
    case 'nemesis':
      throw new AssertionFailed(`operation ${operation.index}: no run records ${operation.f}`);
    default:
      return unreachable(operation, 'operation');
  }
}

function observedSend(operation: ClientOperation, errorCode: ErrorName): ClientObservation {
  const [micro] = operation.value as readonly MicroOperation[];
  assert(micro?.kind === 'send', `operation ${operation.index} sends nothing`);
  const { key, value, offset } = micro as SendMicroOperation;
  const sendId = present(operation.id, 'the id of a send');
  if (operation.type === 'invoke') {
    const { topic, recordKey, acks } = operation;
    return { type: 'send.invoked', sendId, topic: present(topic, 'the topic of a send'), key: recordKey ?? null, value: textOf(value), acks: acks ?? -1 };
  }
  return { type: 'send.completed', sendId, outcome: outcomeOf(operation.type), partition: key === null ? NO_PARTITION : placeOf(key).partition, offset: offset ?? NO_OFFSET, errorCode, ...(operation.mayBeTwice === true ? { mayBeTwice: true } : {}) };
}

function observedPoll({ index, value, from, isFromFormerLeader }: ClientOperation): ClientObservation {
  const [micro] = value;
  assert(micro?.kind === 'poll' && micro.reads.length === 1, `operation ${index} polls one partition`);
  const { key, records } = present(micro?.kind === 'poll' ? micro.reads[0] : undefined, 'what a poll read');
  return {
    type: 'poll', ...placeOf(key), from: present(from, 'the broker of a poll'), ...(isFromFormerLeader === true ? { isFromFormerLeader } : {}),
    records: records.map(({ offset, leaderEpoch, recordKey, value: read }) => ({ offset, leaderEpoch: present(leaderEpoch, 'the leader epoch of a record'), key: recordKey ?? null, value: textOf(read) })),
  };
}

function placeOf(key: Key): { readonly topic: string; readonly partition: number } {
  const topic = topicOfKey(key);
  return { topic, partition: Number(key.slice(topic.length + 1)) };
}

/** Neighbours of one topic together. */
function grouped(keys: readonly Key[]): readonly { readonly topic: string; readonly partitions: readonly number[] }[] {
  const owned: { topic: string; partitions: number[] }[] = [];
  for (const { topic, partition } of keys.map(placeOf)) {
    const last = owned.at(-1);
    if (last?.topic === topic) last.partitions.push(partition);
    else owned.push({ topic, partitions: [partition] });
  }
  return owned;
}

function outcomeOf(type: OperationType): Outcome {
  return type === 'ok' || type === 'fail' ? type : 'unknown';
}

function textOf(value: string | number | null): string {
  return value === null ? '' : String(value);
}

/** Nanoseconds as the microseconds of virtual time, rounded down. */
export function usOfNs(timeNs: number): number {
  return Math.floor(timeNs / NS_PER_US);
}
