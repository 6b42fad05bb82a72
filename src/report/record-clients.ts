/**
 * What clients did and saw, in columns: sends with their ends, polls, and as sentences what else they told. Keeps which
 * send a record came from, by its value, which is unique in a run.
 */
import { present } from '../kernel/assert.ts';
import type { ClientObservation, Polled, SendCompleted } from '../history/observations.ts';
import { topicPartition } from '../kafka/ids.ts';
import type { Causes } from './causes.ts';
import { Dictionary, GrowingTable } from './columns.ts';
import { OUTCOMES, type Commit, type Ownership, type PositionSet, type Remark } from './model/model.ts';

/** What several recorders number: `partitions` by name, `words` for whatever the tables point to. */
export interface Names {
  readonly partitions: Dictionary;
  readonly words: Dictionary;
}

export class ClientRecorder {
  readonly sends = new GrowingTable('sends');
  readonly polls = new GrowingTable('polls');
  readonly polledRecords = new GrowingTable('polledRecords');
  readonly texts = new Dictionary();
  readonly remarks: Remark[] = [];
  readonly ownership: Ownership[] = [];
  readonly commits: Commit[] = [];
  readonly positions: PositionSet[] = [];
  private readonly causes: Causes;
  private readonly names: Names;
  /** By value. */
  private readonly sendOf = new Map<string, number>();
  /** By node and send id. */
  private readonly sendNumbers = new Map<string, number>();
  /** By node and commit id. */
  private readonly committing = new Map<string, Omit<Commit, 'atUs'>[]>();

  constructor(causes: Causes, names: Names) {
    this.causes = causes;
    this.names = names;
  }

  /** The send that a record came from, -1 for none. */
  sendOfValue(value: string | null): number {
    return value === null ? -1 : (this.sendOf.get(value) ?? -1);
  }

  observed(atUs: number, node: number, observation: ClientObservation): void {
    switch (observation.type) {
      case 'send.invoked': {
        const { sendId, topic, key, value, acks } = observation;
        const send = this.sends.push({
          atUs, node, topic: this.names.words.of(topic), key: key === null ? -1 : this.texts.of(key), value: this.texts.of(value), acks,
          doneAtUs: -1, outcome: OUTCOMES.indexOf('unknown'), partition: -1, offset: -1, error: -1, cause: 0,
        });
        this.sendOf.set(value, send);
        this.sendNumbers.set(`${node}/${sendId}`, send);
        return;
      }
      case 'send.completed':
        this.completed(atUs, node, observation);
        return;
      case 'poll':
        this.polled(atUs, node, observation);
        return;
      case 'position.reset': {
        const { topic, partition, from, to, reason } = observation;
        this.positions.push({ atUs, node, partition: this.names.partitions.of(topicPartition(topic, partition)), offset: to });
        this.remark(atUs, node, observation.type, `reads ${topicPartition(topic, partition)} from offset ${to} on (${reason})${from === null ? '' : `, after ${from}`}`);
        return;
      }
      case 'assignment': {
        const { groupId, memberId, generationId, reason } = observation;
        const names = observation.owned.flatMap(({ topic, partitions }) => partitions.map((partition) => topicPartition(topic, partition)));
        this.ownership.push({ atUs, node, groupId, memberId, generationId, reason, owned: names.map((name) => this.names.partitions.of(name)) });
        this.remark(atUs, node, observation.type, `${reason} in generation ${generationId} of ${groupId}: owns ${names.length === 0 ? 'nothing' : names.join(', ')}`);
        return;
      }
      case 'commit.invoked': {
        const { groupId, offsets, commitId, mode } = observation;
        const parts = offsets.map(({ topic, partition, offset }) => ({ node, groupId, partition: this.names.partitions.of(topicPartition(topic, partition)), offset }));
        this.committing.set(`${node}/${commitId}`, parts);
        this.remark(atUs, node, observation.type, `commits (${mode}) ${offsets.map(({ topic, partition, offset }) => `${topicPartition(topic, partition)} at ${offset}`).join(', ')}`);
        return;
      }
      case 'commit.completed': {
        const { commitId, outcome, errorCode } = observation;
        if (outcome === 'ok') for (const part of this.committing.get(`${node}/${commitId}`) ?? []) this.commits.push({ atUs, ...part });
        if (outcome !== 'ok') this.remark(atUs, node, observation.type, `commit ${outcome}: ${errorCode}`);
        return;
      }
      case 'record.processed':
        return;
      case 'consumer.failed':
        this.remark(atUs, node, observation.type, `${observation.exception} (${observation.errorCode})`);
        return;
      case 'admin.invoked':
        this.remark(atUs, node, observation.type, `calls ${observation.call.type}`);
        return;
      case 'admin.completed': {
        const errors = [observation.errorCode, ...observation.results.map(({ errorCode }) => errorCode)].filter((code) => code !== 'NONE');
        this.remark(atUs, node, observation.type, `${observation.outcome}${errors.length === 0 ? '' : `: ${[...new Set(errors)].join(', ')}`}`);
        return;
      }
      default:
        // Clients may come to tell more than a picture has a place for: it is in the history all the same.
        this.remark(atUs, node, (observation as { type: string }).type, '');
    }
  }

  private completed(atUs: number, node: number, { sendId, outcome, partition, offset, errorCode }: SendCompleted): void {
    const send = present(this.sendNumbers.get(`${node}/${sendId}`), 'the call of a callback');
    const { words, partitions } = this.names;
    const topic = words.names[this.sends.at('topic', send)] as string;
    this.sends.set('doneAtUs', send, atUs);
    this.sends.set('outcome', send, OUTCOMES.indexOf(outcome));
    this.sends.set('partition', send, partition < 0 ? -1 : partitions.of(topicPartition(topic, partition)));
    this.sends.set('offset', send, offset);
    this.sends.set('error', send, errorCode === 'NONE' ? -1 : words.of(errorCode));
    this.sends.set('cause', send, this.causes.current.cause);
  }

  private polled(atUs: number, node: number, { topic, partition, records, from }: Polled): void {
    if (records.length === 0) return;
    this.polls.push({ atUs, ...this.causes.current, node, partition: this.names.partitions.of(topicPartition(topic, partition)), from, firstRecord: this.polledRecords.rows, count: records.length });
    for (const { offset, value } of records) this.polledRecords.push({ offset, send: this.sendOfValue(value) });
  }

  private remark(atUs: number, node: number, kind: string, words: string): void {
    this.remarks.push({ atUs, node, kind, words, cause: this.causes.current.cause });
  }
}
