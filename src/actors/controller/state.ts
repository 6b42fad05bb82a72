/**
 * The state of the controller: the metadata log, the image at its end and the one at its committed part, and what waits
 * for the next commit.
 *
 * KR-8: a record applies to `image` at once, so that the next decision sees it; nobody outside hears of it, no answer
 * leaves and no broker fetches it, before it is committed. With one controller, committed means flushed.
 *
 * Source: QuorumController, OffsetControlManager, BrokerHeartbeatManager.
 */
import type { Effect, Message, ReplyTo } from '../../kernel/effects.ts';
import type { MetadataBatch } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import type { LeaderEpoch, NodeId, Offset } from '../../kafka/ids.ts';
import { MetadataImage } from '../../kafka/metadata.ts';
import type { MetadataRecord, RegisterBrokerRecord } from '../../kafka/metadata-records.ts';
import type { CreatableTopic } from '../../kafka/create-topic.ts';
import type { ReplicationControl } from '../../kafka/replication-control.ts';
import { changed, type Fields } from '../state-class.ts';
import { MetadataLog } from './metadata-log.ts';

export const METADATA_LOG_FILE = '__cluster_metadata-0/log';

export interface ControllerInput {
  readonly nodeId: NodeId;
  readonly config: BrokerConfig;
  readonly control: ReplicationControl;
  /** What the disk holds; undefined for a new cluster. */
  readonly log: MetadataLog | undefined;
  /** Rises with every start. */
  readonly epoch: LeaderEpoch;
}

/** An answer that leaves when everything below `endOffset` is committed. */
interface DeferredAnswer {
  readonly endOffset: Offset;
  readonly replyTo: ReplyTo;
  readonly message: Message;
}

/** A broker whose fetch waits for the log to grow. */
export interface ParkedFetch {
  readonly source: NodeId;
  readonly replyTo: ReplyTo;
  readonly correlationId: number;
  readonly fetchOffset: Offset;
}

export class ControllerState {
  readonly nodeId: NodeId;
  readonly config: BrokerConfig;
  readonly control: ReplicationControl;
  readonly epoch: LeaderEpoch;
  readonly log: MetadataLog;
  readonly image: MetadataImage;
  readonly committedImage: MetadataImage;
  /** Everything below it is committed. */
  readonly committedOffset: Offset;
  readonly isFlushing: boolean;
  readonly deferred: readonly DeferredAnswer[];
  readonly parked: readonly ParkedFetch[];
  /** Offset of each broker's present RegisterBrokerRecord. */
  readonly registrationOffsets: ReadonlyMap<NodeId, Offset>;
  /** Brokers with a valid session: heard of within `broker.session.timeout.ms`. */
  readonly sessions: ReadonlySet<NodeId>;
  /** Topics asked for that the registered brokers cannot hold yet. */
  readonly wanted: readonly CreatableTopic[];
  /** They are created when so many brokers are active. */
  readonly wantedBrokers: number;

  constructor(fields: Fields<ControllerState>) {
    this.nodeId = fields.nodeId;
    this.config = fields.config;
    this.control = fields.control;
    this.epoch = fields.epoch;
    this.log = fields.log;
    this.image = fields.image;
    this.committedImage = fields.committedImage;
    this.committedOffset = fields.committedOffset;
    this.isFlushing = fields.isFlushing;
    this.deferred = fields.deferred;
    this.parked = fields.parked;
    this.registrationOffsets = fields.registrationOffsets;
    this.sessions = fields.sessions;
    this.wanted = fields.wanted;
    this.wantedBrokers = fields.wantedBrokers;
  }

  /** The state with some fields changed. */
  with(change: Partial<Fields<ControllerState>>): ControllerState {
    return changed(new ControllerState(this), change);
  }
}

/** What a flush carries to its completion: the image at the end of what it flushed. */
export interface Commit {
  readonly endOffset: Offset;
  readonly image: MetadataImage;
}

/** Replays the log of a former life (or none). Nothing of it counts as committed before it is flushed. */
export function recoverController({ nodeId, config, control, epoch, log = MetadataLog.empty() }: ControllerInput): ControllerState {
  let image = MetadataImage.empty();
  const registrationOffsets = new Map<NodeId, Offset>();
  for (const { baseOffset, records } of log.read(0, log.endOffset)) {
    image = image.applyAll(records, baseOffset);
    noteRegistrations(registrationOffsets, records, baseOffset);
  }
  return new ControllerState({
    nodeId, config, control, epoch, log, image,
    committedImage: MetadataImage.empty(), committedOffset: 0, isFlushing: false,
    deferred: [], parked: [], registrationOffsets, sessions: new Set(), wanted: [], wantedBrokers: 0,
  });
}

/** Appends the records of one decision, and has the log flushed unless a flush is under way. */
export function appendRecords(state: ControllerState, records: readonly MetadataRecord[], effects: Effect[]): ControllerState {
  if (records.length === 0) return state;
  const baseOffset = state.log.endOffset;
  const log = state.log.append(records, state.epoch);
  effects.push({ kind: 'write', file: METADATA_LOG_FILE, content: log });
  let { registrationOffsets } = state;
  if (records.some(isRegistration)) {
    const noted = new Map(registrationOffsets);
    noteRegistrations(noted, records, baseOffset);
    registrationOffsets = noted;
  }
  return flushLog(state.with({ log, image: state.image.applyAll(records, baseOffset), registrationOffsets }), effects);
}

/** One flush at a time: what is appended meanwhile goes with the next one. */
export function flushLog(state: ControllerState, effects: Effect[]): ControllerState {
  if (state.isFlushing) return state;
  const commit: Commit = { endOffset: state.log.endOffset, image: state.image };
  effects.push({ kind: 'flush', file: METADATA_LOG_FILE, then: 'log.flushed', data: commit });
  return state.with({ isFlushing: true });
}

/** Answers now if everything decided so far is committed, else with the commit. */
export function answerWhenCommitted(state: ControllerState, replyTo: ReplyTo, message: Message, effects: Effect[]): ControllerState {
  const endOffset = state.log.endOffset;
  if (endOffset <= state.committedOffset) {
    effects.push({ kind: 'reply', to: replyTo, message });
    return state;
  }
  return state.with({ deferred: [...state.deferred, { endOffset, replyTo, message }] });
}

function isRegistration(record: MetadataBatch['records'][number]): record is RegisterBrokerRecord {
  return record.type === 'RegisterBrokerRecord';
}

function noteRegistrations(offsets: Map<NodeId, Offset>, records: MetadataBatch['records'], baseOffset: Offset): void {
  records.forEach((record, i) => {
    if (isRegistration(record)) offsets.set(record.brokerId, baseOffset + i);
  });
}
