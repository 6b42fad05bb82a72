/**
 * What the Raft client of a node and the machines above it tell each other: the controller (on a voter) and the broker's
 * metadata loader (on a broker) are listeners of the same log. Delivered in order within one process.
 *
 * A listener hears every committed batch once, in offset order, from the start of the log or from a snapshot on. Leadership
 * is told to it only when it has heard everything that was committed before it (RaftClient.Listener.handleLeaderChange).
 *
 * Source: org.apache.kafka.raft.RaftClient, RaftClient.Listener; KIP-595, KIP-630.
 */
import type { MetadataBatch } from '../../kafka/api.ts';
import type { LeaderEpoch, NodeId, Offset } from '../../kafka/ids.ts';
import type { MetadataImage } from '../../kafka/metadata.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';

export const RAFT_MACHINE = 'raft';

/** A state of the metadata as of `endOffset`, which is exclusive: everything below it is in the image (KIP-630). */
export interface MetadataSnapshot {
  readonly epoch: LeaderEpoch;
  readonly endOffset: Offset;
  readonly image: MetadataImage;
}

/** raft -> listeners: more is committed. */
export interface RaftCommitted {
  readonly type: 'raft.committed';
  readonly nowMs: number;
  /** Batches below the high watermark that were not told before, control batches included; they follow on each other. */
  readonly batches: readonly MetadataBatch[];
  /** End of what is told now, exclusive. */
  readonly endOffset: Offset;
  /** Read first, in place of all that came before; null when the batches follow on what the listener has. */
  readonly snapshot: MetadataSnapshot | null;
}

/** raft -> listeners, broker and alter-partition machines: who leads the quorum, as far as this node knows. */
export interface RaftLeaderChanged {
  readonly type: 'raft.leaderChanged';
  readonly epoch: LeaderEpoch;
  /** -1 when unknown. */
  readonly leaderId: NodeId;
}

/** raft -> controller: this node leads and the controller has heard all that was committed before; it may append. */
export interface RaftBecameLeader {
  readonly type: 'raft.becameLeader';
  readonly nowMs: number;
  readonly draw: number;
  readonly epoch: LeaderEpoch;
  /** Offset of the next record that it appends. */
  readonly nextOffset: Offset;
}

/** raft -> controller: this node leads `epoch` no longer. */
export interface RaftResigned {
  readonly type: 'raft.resigned';
  readonly epoch: LeaderEpoch;
}

/** controller -> raft: append this batch as leader of `epoch`; dropped when it leads that epoch no longer. */
export interface RaftAppend {
  readonly type: 'raft.append';
  readonly epoch: LeaderEpoch;
  /** Where the controller expects its first record: the end of the log. */
  readonly baseOffset: Offset;
  readonly records: readonly MetadataRecord[];
}

/** listener -> raft: a snapshot of what is committed; the log below it may go. */
export interface RaftSnapshotTaken {
  readonly type: 'raft.snapshotTaken';
  readonly endOffset: Offset;
  readonly image: MetadataImage;
}

export type RaftEvent = RaftCommitted | RaftLeaderChanged | RaftBecameLeader | RaftResigned | RaftAppend | RaftSnapshotTaken;
