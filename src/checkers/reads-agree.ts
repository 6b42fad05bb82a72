/**
 * H-01, H-20: an offset of a partition has one record, the same for everybody who ever reads it and for the producer whose
 * acks=all record was acknowledged at it. What a consumer got never changes afterwards, whatever its isolation level.
 *
 * The ghost is the value first read or acknowledged at each offset; values are unique in a run. Acknowledgements with acks=0
 * and acks=1 do not count, since such a record may be lost and its offset given to another, unless the run expects them to.
 * A change is excused when one of the two records was lost beyond the fault budget (GD-2).
 *
 * Source: inconsistent-offsets in Jepsen's Kafka checker.
 */
import { formatUs } from '../kernel/time.ts';
import { NO_OFFSET } from '../kafka/ids.ts';
import type { Offset } from '../kafka/ids.ts';
import { isCompletion } from '../history/history.ts';
import type { Completion, HistoryEntry } from '../history/history.ts';
import type { Polled } from '../history/observations.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { Findings } from './findings.ts';
import { OffsetTable } from './offset-table.ts';

export const readsAgree: Property = {
  name: 'reads-agree',
  claim: 'everybody who reads an offset of a partition reads the same record, and the one acknowledged there',
  source: 'H-01, H-20; GD-2; Jepsen Kafka: inconsistent-offsets',
  kind: 'safety',
  check: (context) => new ReadsAgree(context),
};

class ReadsAgree implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By partition id. */
  private readonly values: (OffsetTable<string> | undefined)[];

  constructor(context: CheckContext, findings = new Findings(), values: (OffsetTable<string> | undefined)[] = []) {
    this.context = context;
    this.findings = findings;
    this.values = values;
  }

  get violations(): number {
    return this.findings.violations;
  }

  observed(entry: HistoryEntry): void {
    if (entry.observation.type === 'poll') this.polled(entry, entry.observation);
    else if (isCompletion(entry)) this.acknowledged(entry);
  }

  private polled(entry: HistoryEntry, { topic, partition: index, records }: Polled): void {
    const partition = this.context.cluster.partition(topic, index);
    const values = this.valuesOf(partition);
    for (const { offset, value } of records) this.learn(partition, values, offset, value, entry);
  }

  private acknowledged(entry: Completion): void {
    const { outcome, partition: index, offset } = entry.observation;
    const { topic, acks, value } = entry.invocation.observation;
    if (outcome !== 'ok' || offset === NO_OFFSET || (acks !== -1 && !this.context.config.expectAllAcks)) return;
    const partition = this.context.cluster.partition(topic, index);
    this.learn(partition, this.valuesOf(partition), offset, value, entry);
  }

  private learn(partition: TrackedPartition, values: OffsetTable<string>, offset: Offset, value: string, entry: HistoryEntry): void {
    const known = values.get(offset);
    if (known === value) {
      this.findings.compared += 1;
      return;
    }
    values.set(offset, value);
    if (known === undefined) return;
    this.findings.compared += 1;
    const { budget } = this.context;
    const excuse = budget.excuseForRecord(partition, offset, known) ?? budget.excuseForRecord(partition, offset, value);
    if (excuse === undefined) this.disagree(partition, offset, known, value, entry);
    else this.findings.excuse(1, excuse);
  }

  private disagree(partition: TrackedPartition, offset: Offset, known: string, value: string, entry: HistoryEntry): void {
    this.findings.violated(entry.atUs, () => {
      const first = this.sourceOf(partition, offset, known);
      const second = this.context.cluster.nameOf(entry.node);
      return {
        sentence: `offset ${offset} of ${partition.name} was "${known}" ${first}, and is "${value}" to ${second}, ${entry.observation.type === 'poll' ? 'which read it' : 'to which it was acknowledged'}`,
        details: { topicPartition: partition.name, offset, first: known, second: value, client: second },
      };
    });
  }

  /** Who had `value` at `offset` first: a search through the history, for evidence only. */
  private sourceOf({ topic, partition }: TrackedPartition, offset: Offset, value: string): string {
    for (const entry of this.context.history.entries()) {
      const { observation } = entry;
      const client = this.context.cluster.nameOf(entry.node);
      const when = `at ${formatUs(entry.atUs)}`;
      if (observation.type === 'poll' && observation.topic === topic && observation.partition === partition) {
        if (observation.records.some((record) => record.offset === offset && record.value === value)) return `when ${client} read it ${when}`;
      } else if (isCompletion(entry) && entry.observation.offset === offset && entry.observation.partition === partition) {
        const { topic: sentTo, value: sent } = entry.invocation.observation;
        if (sentTo === topic && sent === value) return `when it was acknowledged to ${client} ${when}`;
      }
    }
    return 'before';
  }

  private valuesOf({ id }: TrackedPartition): OffsetTable<string> {
    const known = this.values[id];
    if (known !== undefined) return known;
    while (this.values.length < id) this.values.push(undefined);
    const values = new OffsetTable<string>();
    this.values[id] = values;
    return values;
  }

  verdict() {
    return this.findings.verdict(readsAgree, 'no offset was read twice, or read and acknowledged');
  }

  fork(context: CheckContext): Checker {
    return new ReadsAgree(context, this.findings.fork(), this.values.map((values) => values?.fork()));
  }
}
