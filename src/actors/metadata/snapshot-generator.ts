/**
 * When a node takes a snapshot of the metadata, so that its log can be cut (KR-7, KIP-630): after so many bytes of
 * records, or when the oldest record since the last snapshot is so old.
 *
 * Simplified: a record counts as a fixed number of bytes. Source: org.apache.kafka.image.publisher.SnapshotGenerator.
 */
import type { MetadataBatch } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';

/** About a PartitionChangeRecord with its batch overhead. */
export const BYTES_PER_RECORD = 64;

export interface SnapshotWork {
  /** Bytes of records since the last snapshot. */
  readonly bytes: number;
  /** When the first of them came, ms of the node's clock; null while there are none. */
  readonly sinceMs: number | null;
}

export const NO_SNAPSHOT_WORK: SnapshotWork = { bytes: 0, sinceMs: null };

export type SnapshotLimits = Pick<BrokerConfig, 'metadataLogMaxRecordBytesBetweenSnapshots' | 'metadataLogMaxSnapshotIntervalMs'>;

/** The work after `batches` were committed, and whether a snapshot is due; then the work begins anew. */
export function afterCommit(work: SnapshotWork, batches: readonly MetadataBatch[], nowMs: number, limits: SnapshotLimits): { readonly work: SnapshotWork; readonly isDue: boolean } {
  if (batches.length === 0) return { work, isDue: false };
  let records = 0;
  for (const batch of batches) records += batch.records.length;
  const bytes = work.bytes + records * BYTES_PER_RECORD;
  const sinceMs = work.sinceMs ?? nowMs;
  const isOld = limits.metadataLogMaxSnapshotIntervalMs > 0 && nowMs - sinceMs >= limits.metadataLogMaxSnapshotIntervalMs;
  const isDue = isOld || bytes >= limits.metadataLogMaxRecordBytesBetweenSnapshots;
  return { work: isDue ? NO_SNAPSHOT_WORK : { bytes, sinceMs }, isDue };
}
