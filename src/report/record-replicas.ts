/**
 * What became of every replica's log, and who led by the controller's word: appends, truncations, high watermarks, what
 * reached the platter, ISR and leader over time.
 *
 * Left out: the metadata log's own batches; what a cleaning took out of the middle of a log.
 */
import { logFile } from '../actors/replica/state.ts';
import type { PartitionLog } from '../kafka/log.ts';
import { PartitionLog as Log } from '../kafka/log.ts';
import { MetadataImage } from '../kafka/metadata.ts';
import { topicPartition } from '../kafka/ids.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { ControllerView, ReplicaView } from '../kafka/views.ts';
import type { World } from '../kernel/world.ts';
import type { Cause } from './causes.ts';
import { root } from './causes.ts';
import { GrowingTable } from './columns.ts';
import { logChange } from './log-changes.ts';
import { REPLICA_EVENT } from './model/model.ts';
import type { Names } from './record-clients.ts';

interface Known {
  readonly number: number;
  readonly partition: number;
  readonly name: string;
  readonly node: number;
  log: PartitionLog;
  highWatermark: number;
  epoch: number;
  flushedTo: number;
}

export class ReplicaRecorder {
  readonly events = new GrowingTable('replicaEvents');
  readonly batches = new GrowingTable('batches');
  readonly records = new GrowingTable('records');
  readonly registrations = new GrowingTable('registrations');
  readonly replicas: { partition: number; node: number }[] = [];
  private readonly names: Names;
  private readonly sendOfValue: (value: string | null) => number;
  private readonly known = new Map<string, Known>();
  private readonly batchNumbers = new Map<string, number>();
  private image = MetadataImage.empty();
  /** Rows before these have their cause: a change is shown before the line that says why. */
  private settledEvents = 0;
  private settledRegistrations = 0;

  constructor(names: Names, sendOfValue: (value: string | null) => number) {
    this.names = names;
    this.sendOfValue = sendOfValue;
  }

  changed(atUs: number, node: number, after: ReplicaView): void {
    const known = this.of(node, after.topicPartition);
    if (after.log !== known.log) this.logChanged(atUs, known, after.log, REPLICA_EVENT.truncate);
    if (after.highWatermark !== known.highWatermark) {
      known.highWatermark = after.highWatermark;
      this.push(atUs, known, REPLICA_EVENT.highWatermark, after.highWatermark);
    }
    const epoch = after.leaderEpoch < 0 ? -1 : 2 * after.leaderEpoch + (after.leadership === null ? 0 : 1);
    if (epoch !== known.epoch) {
      known.epoch = epoch;
      this.push(atUs, known, REPLICA_EVENT.epoch, epoch);
    }
  }

  committed(atUs: number, { committedImage }: ControllerView): void {
    if (committedImage.offset <= this.image.offset) return;
    for (const { topic, partition } of committedImage.partitionsTouchedSince(this.image)) {
      const registration = committedImage.partition(topic, partition);
      if (registration === undefined) continue;
      const { leader, leaderEpoch, isr, elr } = registration;
      const { partitions, words } = this.names;
      this.registrations.push({ atUs, cause: 0, via: 0, partition: partitions.of(topicPartition(topic, partition)), leader, leaderEpoch, isr: words.of(isr.join(' ')), elr: words.of(elr.join(' ')) });
    }
    this.image = committedImage;
  }

  /** Why what was told since the last call happened. */
  settle({ cause, via }: Cause): void {
    for (; this.settledEvents < this.events.rows; this.settledEvents += 1) {
      this.events.set('cause', this.settledEvents, cause);
      this.events.set('via', this.settledEvents, via);
    }
    for (; this.settledRegistrations < this.registrations.rows; this.settledRegistrations += 1) {
      this.registrations.set('cause', this.settledRegistrations, cause);
      this.registrations.set('via', this.settledRegistrations, via);
    }
  }

  /** A process is down: its replicas are what the disk holds. */
  diskFound(world: World, node: number): void {
    for (const known of this.known.values()) {
      if (known.node !== node) continue;
      const content = world.node(node).disk.read(logFile(known.name)) as PartitionLog | undefined;
      this.logChanged(world.nowUs, known, content?.recover().log ?? Log.empty(), REPLICA_EVENT.lose);
      known.epoch = -1;
      known.highWatermark = 0;
      this.flushed(world, node, known.name);
    }
    this.settle(root('fault'));
  }

  /** A flush of a replica's log may have come through. */
  flushed(world: World, node: number, name: string): void {
    const known = this.known.get(`${node}/${name}`);
    if (known === undefined) return;
    const durable = world.node(node).disk.readFlushed(logFile(name)) as PartitionLog | undefined;
    const flushedTo = durable?.logEndOffset ?? 0;
    if (flushedTo === known.flushedTo) return;
    known.flushedTo = flushedTo;
    this.push(world.nowUs, known, REPLICA_EVENT.flushed, flushedTo);
  }

  private logChanged(atUs: number, known: Known, log: PartitionLog, cut: number): void {
    const { truncatedTo, appended } = logChange(known.log, log);
    if (truncatedTo !== undefined) this.push(atUs, known, cut, truncatedTo);
    for (const batch of appended) this.push(atUs, known, REPLICA_EVENT.append, this.batchOf(known.partition, batch));
    if (log.logStartOffset !== known.log.logStartOffset) this.push(atUs, known, REPLICA_EVENT.logStart, log.logStartOffset);
    const end = appended.at(-1)?.nextOffset ?? truncatedTo ?? known.log.logEndOffset;
    if (end !== log.logEndOffset) this.push(atUs, known, REPLICA_EVENT.end, log.logEndOffset);
    known.log = log;
  }

  private push(atUs: number, known: Known, kind: number, value: number): void {
    this.events.push({ atUs, cause: 0, via: 0, replica: known.number, kind, value });
  }

  private of(node: number, name: string): Known {
    const key = `${node}/${name}`;
    let known = this.known.get(key);
    if (known === undefined) {
      const partition = this.names.partitions.of(name);
      known = { number: this.replicas.length, partition, name, node, log: Log.empty(), highWatermark: 0, epoch: -1, flushedTo: 0 };
      this.replicas.push({ partition, node });
      this.known.set(key, known);
    }
    return known;
  }

  /** Replicas hold the same batch where offset, epoch and content agree. */
  private batchOf(partition: number, batch: RecordBatch): number {
    const key = `${partition}/${batch.baseOffset}/${batch.partitionLeaderEpoch}/${batch.contentHash}`;
    const known = this.batchNumbers.get(key);
    if (known !== undefined) return known;
    const count = batch.lastOffsetDelta + 1;
    const firstRecord = this.records.rows;
    const deltas = batch.cleaned?.offsetDeltas;
    for (let delta = 0; delta < count; delta += 1) {
      const record = batch.records[deltas === undefined ? delta : deltas.indexOf(delta)];
      this.records.push({ send: record === undefined ? -1 : this.sendOfValue(record.value) });
    }
    const number = this.batches.push({
      partition, baseOffset: batch.baseOffset, count, epoch: batch.partitionLeaderEpoch, producerId: batch.producerId, producerEpoch: batch.producerEpoch,
      baseSequence: batch.baseSequence, isControl: batch.isControl ? 1 : 0, firstRecord,
    });
    this.batchNumbers.set(key, number);
    return number;
  }
}
