/**
 * A trace that reads like a story: one line per step that moved something, in Kafka's words, idle polls and heartbeats
 * left out. `00123ms  broker-2 -> broker-1  FetchRequest orders-0@3`. For golden traces; ids and numbers are ours.
 */
import type { ApiRequest, ApiResponse } from '../../src/kafka/api.ts';
import { CLUSTER_METADATA_TOPIC } from '../../src/kafka/api.ts';
import type { Effect } from '../../src/kernel/effects.ts';
import type { TraceLine } from '../../src/kernel/trace.ts';
import type { PartitionLog } from '../../src/kafka/log.ts';
import type { RecordBatch } from '../../src/kafka/records.ts';

export class Story {
  readonly lines: string[] = [];
  /** Where each fetcher was when it was told last, so that a poll from the same place is not told again. */
  private readonly fetchedFrom = new Map<string, string>();

  readonly tell = (line: TraceLine): void => {
    const at = `${String(Math.floor(line.atUs / 1_000)).padStart(6, '0')}ms`;
    const where = line.machine === '' ? line.node : `${line.node}/${line.machine}`;
    if (line.machine === '') this.lines.push(`${at}  ${line.node}  ${line.event}`);
    const message = line.from === undefined ? undefined : this.describe(line.detail as ApiRequest | ApiResponse, `${line.from} -> ${line.node}`);
    if (message !== undefined) this.lines.push(`${at}  ${line.from} -> ${line.node}  ${line.event} ${message}`);
    if (line.stateBefore !== undefined && line.stateBefore !== line.stateAfter && isProtocolState(line.machine)) {
      this.lines.push(`${at}  ${where}  ${line.stateBefore} -> ${line.stateAfter}`);
    }
    for (const effect of line.effects) {
      const done = describeEffect(effect);
      if (done !== undefined) this.lines.push(`${at}  ${where}  ${done}`);
    }
  };

  /** What a message says, undefined when it is not worth a line. */
  private describe(message: ApiRequest | ApiResponse, link: string): string | undefined {
    switch (message.type) {
      case 'ProduceRequest':
        return `${message.topicData.flatMap(({ name, partitionData }) => partitionData.map(({ index, records }) => `${name}-${index} ${values(records)}`)).join(' ')} acks=${message.acks}`;
      case 'ProduceResponse':
        return message.responses.flatMap(({ name, partitionResponses }) => partitionResponses.map((each) => `${name}-${each.index} ${each.errorCode === 'NONE' ? `@${each.baseOffset}` : each.errorCode}`)).join(' ');
      case 'FetchRequest': {
        const isMetadata = message.topics[0]?.topic === CLUSTER_METADATA_TOPIC;
        const place = message.topics.flatMap(({ topic, partitions }) => partitions.map((each) => `${topic}-${each.partition}@${each.fetchOffset}${each.lastFetchedEpoch >= 0 ? ` after epoch ${each.lastFetchedEpoch}` : ''}`)).join(' ');
        if (isMetadata || this.fetchedFrom.get(link) === place) return undefined;
        this.fetchedFrom.set(link, place);
        return place;
      }
      case 'FetchResponse': {
        const news = message.responses.flatMap(({ topic, partitions }) =>
          partitions.flatMap((each) => {
            if (topic === CLUSTER_METADATA_TOPIC) return (each.records as readonly { records: readonly { type: string }[] }[]).flatMap(({ records }) => records.map(({ type }) => type)).filter((type) => type.startsWith('Partition'));
            const batches = each.records as readonly RecordBatch[];
            if (each.errorCode !== 'NONE') return [`${topic}-${each.partitionIndex} ${each.errorCode}`];
            if (each.divergingEpoch !== undefined) return [`${topic}-${each.partitionIndex} diverging at epoch ${each.divergingEpoch.epoch} end ${each.divergingEpoch.endOffset}`];
            return batches.map((batch) => `${topic}-${each.partitionIndex}@${batch.baseOffset} epoch ${batch.partitionLeaderEpoch} ${values(batch)} hw=${each.highWatermark}`);
          }),
        );
        return news.length === 0 ? undefined : news.join(' ');
      }
      case 'AlterPartitionRequest':
        return message.topics.flatMap(({ topicName, partitions }) => partitions.map((each) => `${topicName}-${each.partitionIndex} isr=[${each.newIsrWithEpochs.map(({ brokerId }) => brokerId).join()}] partition epoch ${each.partitionEpoch}`)).join(' ');
      case 'AlterPartitionResponse':
        return message.topics.flatMap(({ topicName, partitions }) => partitions.map((each) => `${topicName}-${each.partitionIndex} ${each.errorCode === 'NONE' ? `isr=[${each.isr.join()}] partition epoch ${each.partitionEpoch}` : each.errorCode}`)).join(' ');
      case 'BrokerRegistrationRequest':
        return `broker ${message.brokerId}`;
      case 'BrokerRegistrationResponse':
        return `${message.errorCode} broker epoch ${message.brokerEpoch}`;
      default:
        return undefined;
    }
  }
}

function isProtocolState(machine: string): boolean {
  return machine === 'broker' || machine === 'controller' || /-\d+$/.test(machine) && !machine.startsWith('fetcher-');
}

function describeEffect(effect: Effect): string | undefined {
  if (effect.kind === 'write' && effect.file.endsWith('/log') && !effect.file.startsWith('__')) {
    const log = effect.content as unknown as PartitionLog;
    return effect.keptLength === undefined ? undefined : `${effect.file} now ends at ${log.logEndOffset}`;
  }
  if (effect.kind === 'mark' && effect.label !== 'became leader') return effect.label;
  return undefined;
}

function values(batch: RecordBatch): string {
  return `[${batch.records.map(({ value }) => (value ?? 'null').replace(/ #.*$/, '')).join(', ')}]`;
}
