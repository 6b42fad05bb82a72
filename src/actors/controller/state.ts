/**
 * The state of one controller: the metadata image at the end of what it has decided, the one that is committed, and what
 * waits for the next commit.
 *
 * KR-8: the active controller applies a record to its image at once, so that its next decision sees it; nobody outside
 * hears of it, no answer leaves, before the quorum has committed it. A controller that loses the leadership falls back to
 * what is committed, and what it had decided beyond that may or may not come back from its successor.
 *
 * Source: QuorumController, OffsetControlManager, BrokerHeartbeatManager.
 */
import { assert } from '../../kernel/assert.ts';
import type { Effect, Message, ReplyTo } from '../../kernel/effects.ts';
import type { MetadataBatch } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import type { LeaderEpoch, NodeId, Offset } from '../../kafka/ids.ts';
import { NO_EPOCH } from '../../kafka/ids.ts';
import { MetadataImage } from '../../kafka/metadata.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';
import type { ReplicationControl } from '../../kafka/replication-control.ts';
import { tell } from '../local-events.ts';
import { NO_SNAPSHOT_WORK, type SnapshotWork } from '../metadata/snapshot-generator.ts';
import { RAFT_MACHINE } from '../raft/events.ts';
import { changed, type Fields } from '../state-class.ts';

export interface ControllerInput {
  readonly nodeId: NodeId;
  readonly config: BrokerConfig;
  readonly control: ReplicationControl;
  /** Whether this machine takes the snapshots of its node; on a broker the metadata loader does. */
  readonly takesSnapshots: boolean;
}

/** What a prefix of the log amounts to. */
export interface Applied {
  /** Exclusive. */
  readonly endOffset: Offset;
  readonly image: MetadataImage;
  /** Offset of each broker's present RegisterBrokerRecord: it must have applied that much before it is unfenced. */
  readonly registrationOffsets: ReadonlyMap<NodeId, Offset>;
}

/** An answer that leaves when everything below `endOffset` is committed. */
interface DeferredAnswer {
  readonly endOffset: Offset;
  readonly replyTo: ReplyTo;
  readonly message: Message;
  /** What it says instead when this controller loses the leadership before. */
  readonly refusal: Message;
}

/** What the active controller remembers of a broker's heartbeats (BrokerHeartbeatManager). */
export interface BrokerHeartbeatState {
  /** Metadata offset it reported last. */
  readonly metadataOffset: Offset;
  /** Last offset decided when its leaders were moved away; -1 unless it is in controlled shutdown. */
  readonly controlledShutdownOffset: Offset;
}

const NOTHING_APPLIED: Applied = { endOffset: 0, image: MetadataImage.empty(), registrationOffsets: new Map() };

/** Its data; what follows from them is left out. */
type ControllerFields = Omit<Fields<ControllerState>, 'image' | 'committedImage' | 'committedOffset'>;

export class ControllerState {
  readonly nodeId: NodeId;
  readonly config: BrokerConfig;
  readonly control: ReplicationControl;
  readonly takesSnapshots: boolean;
  /** The epoch in which it is the active controller; -1 while it is not. */
  readonly epoch: LeaderEpoch;
  /** At the end of what it decided; equal to `committed` while it is not active. */
  readonly latest: Applied;
  readonly committed: Applied;
  /** Decided and not committed, in log order; the last one is `latest`. */
  readonly open: readonly Applied[];
  readonly deferred: readonly DeferredAnswer[];
  /** Brokers with a valid session: heard of within `broker.session.timeout.ms`. */
  readonly sessions: ReadonlyMap<NodeId, BrokerHeartbeatState>;
  readonly snapshotWork: SnapshotWork;

  constructor(fields: ControllerFields) {
    this.nodeId = fields.nodeId;
    this.config = fields.config;
    this.control = fields.control;
    this.takesSnapshots = fields.takesSnapshots;
    this.epoch = fields.epoch;
    this.latest = fields.latest;
    this.committed = fields.committed;
    this.open = fields.open;
    this.deferred = fields.deferred;
    this.sessions = fields.sessions;
    this.snapshotWork = fields.snapshotWork;
  }

  /** The state with some fields changed. */
  with(change: Partial<ControllerFields>): ControllerState {
    return changed(new ControllerState(this), change);
  }

  /** What decisions see. */
  get image(): MetadataImage {
    return this.latest.image;
  }

  get committedImage(): MetadataImage {
    return this.committed.image;
  }

  get committedOffset(): Offset {
    return this.committed.endOffset;
  }
}

export function newController({ nodeId, config, control, takesSnapshots }: ControllerInput): ControllerState {
  return new ControllerState({
    nodeId, config, control, takesSnapshots, epoch: NO_EPOCH, latest: NOTHING_APPLIED, committed: NOTHING_APPLIED, open: [], deferred: [], sessions: new Map(), snapshotWork: NO_SNAPSHOT_WORK,
  });
}

/** `applied` and the batches that follow it. */
export function applyBatches(applied: Applied, batches: readonly MetadataBatch[]): Applied {
  let { endOffset, image, registrationOffsets } = applied;
  for (const { records, baseOffset } of batches) {
    assert(baseOffset === endOffset, () => `a batch at offset ${baseOffset} follows on offset ${endOffset}`);
    image = image.applyAll(records, baseOffset);
    registrationOffsets = noteRegistrations(registrationOffsets, records, baseOffset);
    endOffset = baseOffset + records.length;
  }
  return { endOffset, image, registrationOffsets };
}

/** The records of one decision, applied at once and handed to the quorum as one batch. */
export function appendRecords(state: ControllerState, records: readonly MetadataRecord[], effects: Effect[]): ControllerState {
  if (records.length === 0) return state;
  const baseOffset = state.latest.endOffset;
  effects.push(tell(RAFT_MACHINE, { type: 'raft.append', epoch: state.epoch, baseOffset, records }));
  const latest: Applied = {
    endOffset: baseOffset + records.length,
    image: state.image.applyAll(records, baseOffset),
    registrationOffsets: noteRegistrations(state.latest.registrationOffsets, records, baseOffset),
  };
  return state.with({ latest, open: [...state.open, latest] });
}

/** Answers now if everything decided so far is committed, else with the commit; with `refusal` if that never comes. */
export function answerWhenCommitted(state: ControllerState, replyTo: ReplyTo, message: Message, refusal: Message, effects: Effect[]): ControllerState {
  const { endOffset } = state.latest;
  if (endOffset <= state.committed.endOffset) {
    effects.push({ kind: 'reply', to: replyTo, message });
    return state;
  }
  return state.with({ deferred: [...state.deferred, { endOffset, replyTo, message, refusal }] });
}

function noteRegistrations(offsets: Applied['registrationOffsets'], records: MetadataBatch['records'], baseOffset: Offset): Applied['registrationOffsets'] {
  let noted: Map<NodeId, Offset> | undefined;
  records.forEach((record, i) => {
    if (record.type !== 'RegisterBrokerRecord') return;
    noted ??= new Map(offsets);
    noted.set(record.brokerId, baseOffset + i);
  });
  return noted ?? offsets;
}
