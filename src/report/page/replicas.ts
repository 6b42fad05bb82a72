/**
 * Every replica's log at any moment: which batches it held when, where its ends and marks were. Built once from the
 * events of the run; asking costs a binary search and what is shown.
 */
import { REPLICA_EVENT, type RunModel } from '../model/model.ts';
import { upperBound } from './search.ts';

/** A batch in a log, from its append to whatever took it out. */
export interface Stay {
  readonly batch: number;
  readonly baseOffset: number;
  readonly count: number;
  readonly fromUs: number;
  /** Infinity while it stands. */
  toUs: number;
  /** The events that put it there and took it out; -1 for none. */
  readonly addedBy: number;
  removedBy: number;
}

/** A number over time. */
export class Series {
  readonly times: number[] = [];
  readonly values: number[] = [];

  push(atUs: number, value: number): void {
    if (this.times.at(-1) === atUs) this.values[this.values.length - 1] = value;
    else {
      this.times.push(atUs);
      this.values.push(value);
    }
  }

  at(timeUs: number, before: number): number {
    const i = upperBound(this.times, timeUs) - 1;
    return i < 0 ? before : (this.values[i] as number);
  }
}

export class ReplicaHistory {
  readonly partition: number;
  readonly node: number;
  /** By base offset, then by time. */
  readonly stays: Stay[] = [];
  /** Offsets of the longest batch. */
  private longest = 1;
  readonly highWatermark = new Series();
  readonly logStart = new Series();
  readonly logEnd = new Series();
  readonly flushed = new Series();
  /** `2 * epoch + isLeader`, -1 while it does not run. */
  readonly epoch = new Series();
  private readonly standing: Stay[] = [];

  constructor(partition: number, node: number) {
    this.partition = partition;
    this.node = node;
  }

  add(atUs: number, event: number, batch: number, baseOffset: number, count: number): void {
    const stay: Stay = { batch, baseOffset, count, fromUs: atUs, toUs: Infinity, addedBy: event, removedBy: -1 };
    this.stays.push(stay);
    this.longest = Math.max(this.longest, count);
    this.standing.push(stay);
    this.logEnd.push(atUs, baseOffset + count);
  }

  cut(atUs: number, event: number, endOffset: number): void {
    for (let last = this.standing.at(-1); last !== undefined && last.baseOffset + last.count > endOffset; last = this.standing.at(-1)) {
      last.toUs = atUs;
      last.removedBy = event;
      this.standing.pop();
    }
    this.logEnd.push(atUs, endOffset);
  }

  finish(): void {
    this.stays.sort((a, b) => a.baseOffset - b.baseOffset || a.fromUs - b.fromUs);
  }

  /** What there is to see at `timeUs` of `[from, to)`: batches that stand, and those that stood. */
  window(timeUs: number, from: number, to: number): Stay[] {
    const { stays, longest } = this;
    // A batch may begin below the window and reach into it, past shorter ones that were written in its place.
    const lowest = from - longest + 1;
    let low = 0;
    let high = stays.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((stays[middle] as Stay).baseOffset < lowest) low = middle + 1;
      else high = middle;
    }
    const seen: Stay[] = [];
    for (let i = low; i < stays.length && (stays[i] as Stay).baseOffset < to; i += 1) {
      const stay = stays[i] as Stay;
      if (stay.fromUs <= timeUs && stay.baseOffset + stay.count > from) seen.push(stay);
    }
    return seen;
  }

  /** Every stay of a batch that covers `offset`. */
  staysAt(offset: number): Stay[] {
    return this.window(Infinity, offset, offset + 1);
  }
}

/** What the controller had committed about a partition. */
export interface Registration {
  readonly row: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  readonly elr: readonly number[];
}

export class Replicas {
  readonly all: readonly ReplicaHistory[];
  private readonly model: RunModel;
  private readonly byPartition: readonly (readonly ReplicaHistory[])[];
  /** By partition: rows of `registrations`. */
  private readonly rows: readonly number[][];
  private readonly rowTimes: readonly (readonly number[])[];

  constructor(model: RunModel) {
    this.model = model;
    const { meta, tables } = model;
    this.all = meta.replicas.map(({ partition, node }) => new ReplicaHistory(partition, node));
    const { replicaEvents, batches } = tables;
    for (let i = 0; i < replicaEvents.rows; i += 1) this.apply(i, this.all[replicaEvents.replica[i] as number] as ReplicaHistory, replicaEvents.atUs[i] as number, replicaEvents.kind[i] as number, replicaEvents.value[i] as number, batches);
    for (const replica of this.all) replica.finish();
    this.byPartition = meta.partitions.map((_, partition) => this.all.filter((replica) => replica.partition === partition).sort((a, b) => a.node - b.node));
    this.rows = meta.partitions.map(() => []);
    for (let i = 0; i < tables.registrations.rows; i += 1) this.rows[tables.registrations.partition[i] as number]?.push(i);
    this.rowTimes = this.rows.map((rows) => rows.map((row) => tables.registrations.atUs[row] as number));
  }

  of(partition: number): readonly ReplicaHistory[] {
    return this.byPartition[partition] ?? [];
  }

  registrationRows(partition: number): readonly number[] {
    return this.rows[partition] ?? [];
  }

  registrationAt(partition: number, timeUs: number): Registration | undefined {
    const times = this.rowTimes[partition];
    const at = times === undefined ? -1 : upperBound(times, timeUs) - 1;
    return at < 0 ? undefined : this.registration(this.rows[partition]?.[at] as number);
  }

  registration(row: number): Registration {
    const { leader, leaderEpoch, isr, elr } = this.model.tables.registrations;
    const ids = (list: number): number[] => (this.model.meta.words[list] ?? '').split(' ').filter((id) => id !== '').map(Number);
    return { row, leader: leader[row] as number, leaderEpoch: leaderEpoch[row] as number, isr: ids(isr[row] as number), elr: ids(elr[row] as number) };
  }

  private apply(event: number, replica: ReplicaHistory, atUs: number, kind: number, value: number, batches: RunModel['tables']['batches']): void {
    switch (kind) {
      case REPLICA_EVENT.append:
        replica.add(atUs, event, value, batches.baseOffset[value] as number, batches.count[value] as number);
        return;
      case REPLICA_EVENT.truncate:
      case REPLICA_EVENT.lose:
        replica.cut(atUs, event, value);
        return;
      case REPLICA_EVENT.highWatermark:
        replica.highWatermark.push(atUs, value);
        return;
      case REPLICA_EVENT.logStart:
        replica.logStart.push(atUs, value);
        return;
      case REPLICA_EVENT.flushed:
        replica.flushed.push(atUs, value);
        return;
      case REPLICA_EVENT.epoch:
        replica.epoch.push(atUs, value);
        return;
      default:
        replica.logEnd.push(atUs, value);
    }
  }
}
