/**
 * When a run must have come to rest, and what it owed by then. Liveness is judged once, at the end: a bound after the last
 * fault, everything that had been asked for a bound before the end must be done. What came later is not owed yet, so that
 * a workload which runs to the very end is judged as well.
 *
 * From the last fault on the state of the cluster is sampled every half bound; the last sample that is a bound old says
 * what is owed. Left out: quiet spells between faults.
 *
 * Source: L-01..L-07, "within T after the last fault, with T derived from configured timeouts" (liveness-bound.ts).
 */
import { NEVER_US, formatUs, usOfMs } from '../kernel/time.ts';
import type { NodeId, Offset, PartitionEpoch } from '../kafka/ids.ts';
import type { Liveness } from './checker.ts';
import type { Cluster, TrackedPartition } from './cluster.ts';

/** A partition at one moment. */
export interface PartitionSample {
  /** Of the legitimate leader; 0 where none acted. */
  readonly logEndOffset: Offset;
  readonly highWatermark: Offset;
  /** The open proposal (AlterPartition) of the legitimate leader. */
  readonly pending: object | null;
  /** As the controller had committed it; -1 before. */
  readonly partitionEpoch: PartitionEpoch;
}

export interface Sample {
  readonly atUs: number;
  /** By partition id. */
  readonly partitions: readonly PartitionSample[];
  /** Brokers that were up, by id. */
  readonly up: readonly NodeId[];
}

/** The run has come to rest, or should have: what `sample` shows was owed from `sample.atUs` on. */
export interface Rest {
  readonly sample: Sample;
  /** What was asked for up to here is owed at the end. */
  readonly owedFromUs: number;
}

/** Samples are half a bound apart: the last one that is a bound old is among this many. */
const SAMPLES_KEPT = 4;
const NOTHING: PartitionSample = { logEndOffset: 0, highWatermark: 0, pending: null, partitionEpoch: -1 };

export class QuietEnd {
  /** When the next sample is due; NEVER_US when the run has no quiet end. */
  alarmAtUs: number;
  private readonly cluster: Cluster;
  private readonly liveness: Liveness | null;
  private samples: readonly Sample[] = [];
  private disturbedUs = 0;

  constructor(cluster: Cluster, liveness: Liveness | null) {
    this.cluster = cluster;
    this.liveness = liveness;
    this.alarmAtUs = liveness?.quietFromUs ?? NEVER_US;
  }

  /** Takes the sample that is due. */
  alarm(atUs: number): void {
    const { cluster, liveness } = this;
    if (liveness === null) return;
    const up = cluster.image.brokers.map(({ id }) => id).filter((id) => cluster.isUp(id));
    this.samples = [...this.samples, { atUs, partitions: cluster.partitions.map(sampleOf), up }].slice(-SAMPLES_KEPT);
    this.alarmAtUs = atUs + Math.max(1, Math.floor(usOfMs(liveness.boundMs) / 2));
  }

  /** An administrator's operation took effect: rest begins anew. */
  disturbed(atUs: number): void {
    this.disturbedUs = atUs;
  }

  /** What is owed in a run that ends at `endUs`, or why nothing is. */
  restAt(endUs: number): Rest | string {
    const { liveness } = this;
    if (liveness === null) return 'the run has no quiet end';
    const owedFromUs = endUs - usOfMs(liveness.boundMs);
    const fromUs = Math.max(liveness.quietFromUs, this.disturbedUs);
    const sample = this.samples.findLast(({ atUs }) => atUs <= owedFromUs);
    if (sample !== undefined && owedFromUs >= fromUs) return { sample, owedFromUs };
    const dueUs = fromUs + usOfMs(liveness.boundMs);
    return `the run ended at ${formatUs(endUs)}, before ${formatUs(dueUs)}, a bound of ${liveness.boundMs} ms after the last fault or operation`;
  }

  fork(cluster: Cluster): QuietEnd {
    const copy = new QuietEnd(cluster, this.liveness);
    copy.disturbedUs = this.disturbedUs;
    copy.samples = this.samples;
    copy.alarmAtUs = this.alarmAtUs;
    return copy;
  }
}

/** The partition in a sample; of one that was created later nothing is owed. */
export function sampled({ partitions }: Sample, { id }: TrackedPartition): PartitionSample {
  return partitions[id] ?? NOTHING;
}

function sampleOf({ leader, registration }: TrackedPartition): PartitionSample {
  const view = leader?.view;
  return {
    logEndOffset: view?.log.logEndOffset ?? 0,
    highWatermark: view?.highWatermark ?? 0,
    pending: view?.leadership?.pending ?? null,
    partitionEpoch: registration?.partitionEpoch ?? -1,
  };
}
