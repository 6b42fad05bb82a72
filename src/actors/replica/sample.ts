/**
 * Replicas in a known state, for tests: broker 1 of the replicas 1, 2, 3 of `t-0`, in leader epoch 5 and partition epoch
 * 9, every broker registered in epoch 10 + id and active. Records are of one batch each, so that offsets are batches.
 */
import type { Effect } from '../../kernel/effects.ts';
import { CONSUMER_REPLICA_ID, type FetchPartition } from '../../kafka/api.ts';
import { defaultConfig, type BrokerConfig, type TopicConfig } from '../../kafka/config.ts';
import type { LeaderEpoch, NodeId, Offset } from '../../kafka/ids.ts';
import { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import { PartitionLog } from '../../kafka/log.ts';
import type { BrokerRegistration, PartitionRegistration } from '../../kafka/metadata.ts';
import { ProducerStates, replayed } from '../../kafka/producer-state.ts';
import { batchOf, withOffsets, type RecordBatch } from '../../kafka/records.ts';
import { KAFKA_RULES, type Rules } from '../../kafka/rules.ts';
import type { LocalEvent, PartitionChanged, ReadRequested, ReadRound } from '../local-events.ts';
import type { Fields } from '../state-class.ts';
import { newStorage } from './log-storage.ts';
import { ReplicaState, type Leadership, type RemoteReplica, type ReplicaSettings } from './state.ts';

export const SELF: NodeId = 1;
export const LEADER_EPOCH: LeaderEpoch = 5;
export const PARTITION_EPOCH = 9;
export const NOW_MS = 100_000;
export const NAME = 't-0';

export function sampleSettings(config: Partial<BrokerConfig> = {}, rules: Partial<Rules> = {}, minInsyncReplicas = 2, logConfig: Partial<TopicConfig> = {}): ReplicaSettings {
  return { config: { ...defaultConfig('broker'), replicaLagTimeMaxMs: 10_000, ...config }, rules: { ...KAFKA_RULES, ...rules }, minInsyncReplicas, maxMessageBytes: 1_000, logConfig: { ...defaultConfig('topic'), ...logConfig } };
}

/** A batch of one record, or of as many as `count` says, as a producer sends it. */
export function produced(value = 'v', count = 1): RecordBatch {
  return batchOf(Array.from({ length: count }, () => ({ key: null, value, timestampMs: 0 })));
}

/** A log with `count` batches of one record in each epoch, oldest first. */
export function logOf(...parts: readonly (readonly [epoch: LeaderEpoch, count: number])[]): PartitionLog {
  let log = PartitionLog.empty();
  for (const [epoch, count] of parts) {
    for (let i = 0; i < count; i += 1) log = log.append(withOffsets(produced(`${epoch}/${i}`), log.logEndOffset, epoch));
  }
  return log;
}

export function epochsOf(...entries: readonly (readonly [epoch: LeaderEpoch, startOffset: Offset])[]): LeaderEpochCache {
  return LeaderEpochCache.of(entries.map(([epoch, startOffset]) => ({ epoch, startOffset })));
}

export function broker(id: NodeId, change: Partial<BrokerRegistration> = {}): BrokerRegistration {
  return { id, epoch: 10 + id, incarnationId: `incarnation-${id}`, fenced: false, inControlledShutdown: false, ...change };
}

export const BROKERS: readonly BrokerRegistration[] = [broker(1), broker(2), broker(3)];

/** A follower of broker 2, unless `change` says otherwise. */
export function sampleReplica(change: Partial<Fields<ReplicaState>> = {}): ReplicaState {
  const log = change.log ?? PartitionLog.empty();
  return new ReplicaState({
    brokerId: SELF, topic: 't', partition: 0, topicPartition: NAME, settings: sampleSettings(),
    log, epochs: LeaderEpochCache.fromLog(log), producers: replayed(ProducerStates.empty(), log.batches()), highWatermark: 0,
    leaderEpoch: LEADER_EPOCH, partitionEpoch: PARTITION_EPOCH, leaderId: 2, replicas: [1, 2, 3], brokers: BROKERS,
    leadership: null, watchers: [], checkpointDue: false, storage: newStorage(0),
    ...change,
  });
}

/** A replica that last fetched at `logEndOffset` and was caught up `agoMs` ago. */
export function remote(brokerId: NodeId, logEndOffset: Offset, agoMs = 0): RemoteReplica {
  return {
    brokerId, brokerEpoch: 10 + brokerId, logEndOffset, logStartOffset: 0,
    lastFetchTimeMs: NOW_MS, lastFetchLeaderLogEndOffset: logEndOffset, lastCaughtUpTimeMs: NOW_MS - agoMs,
  };
}

/** The leader of all three replicas, which have all that it has, unless the arguments say otherwise. */
export function sampleLeader(change: Partial<Fields<ReplicaState>> = {}, leadership: Partial<Leadership> = {}): ReplicaState {
  const log = change.log ?? PartitionLog.empty();
  const isr = leadership.isr ?? [1, 2, 3];
  return sampleReplica({
    leaderId: SELF, log, epochs: LeaderEpochCache.fromLog(log).assign(change.leaderEpoch ?? LEADER_EPOCH, log.logEndOffset),
    leadership: {
      isr, maximalIsr: isr, pending: null, leaderEpochStartOffset: 0,
      remotes: [remote(2, log.logEndOffset), remote(3, log.logEndOffset)], awaitingReplication: [],
      ...leadership,
    },
    ...change,
  });
}

export function partitionChanged(registration: Partial<PartitionRegistration> = {}, nowMs = NOW_MS, brokers = BROKERS): PartitionChanged {
  return {
    type: 'partition.changed', nowMs, brokers,
    registration: {
      replicas: [1, 2, 3], isr: [1, 2, 3], leader: 2, leaderEpoch: LEADER_EPOCH, partitionEpoch: PARTITION_EPOCH + 1, leaderRecoveryState: 'RECOVERED',
      addingReplicas: [], removingReplicas: [], elr: [], lastKnownElr: [],
      ...registration,
    },
  };
}

/** A consumer's fetch of `t-0` alone, from offset 0; `request` and `event` change it. */
export function readRequested(request: Partial<FetchPartition> = {}, event: Partial<ReadRequested & ReadRound> = {}): ReadRequested {
  const asked: FetchPartition = { partition: 0, currentLeaderEpoch: LEADER_EPOCH, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: 0, partitionMaxBytes: 10_000, ...request };
  const { nowMs = NOW_MS, operationId = 7, replicaId = CONSUMER_REPLICA_ID, replicaEpoch = -1, source = 40, counts = true, ...ofEvent } = event;
  return {
    type: 'fetch.read', round: { nowMs, operationId, replicaId, replicaEpoch, source, counts },
    position: { topicPartition: NAME, request: asked, following: null }, bytesLeft: 10_000, bytesWanted: 1, results: null, hasData: false, isUrgent: false, isOutdated: false,
    ...ofEvent,
  };
}

/** The same by the follower `replicaId`, of its present incarnation. */
export function followerRead(replicaId: NodeId, fetchOffset: Offset, request: Partial<FetchPartition> = {}, event: Partial<ReadRequested & ReadRound> = {}): ReadRequested {
  return readRequested({ fetchOffset, ...request }, { replicaId, replicaEpoch: 10 + replicaId, source: replicaId, ...event });
}

/** What the effects tell, of one type, in order. */
export function told<Type extends LocalEvent['type']>(effects: readonly Effect[], type: Type): Extract<LocalEvent, { type: Type }>[] {
  return effects.flatMap((effect) => (effect.kind === 'tell' && effect.event.type === type ? [effect.event as Extract<LocalEvent, { type: Type }>] : []));
}

/** The effects of one kind, in order. */
export function effectsOf<Kind extends Effect['kind']>(effects: readonly Effect[], kind: Kind): Extract<Effect, { kind: Kind }>[] {
  return effects.filter((effect): effect is Extract<Effect, { kind: Kind }> => effect.kind === kind);
}
