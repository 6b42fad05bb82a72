/** What applications and the idempotent store say to each other. Not Kafka's protocol: the store is the world outside. */
import type { Offset, PartitionIndex, TopicName } from '../../kafka/ids.ts';

/** Apply the effect of one record, unless it is applied already. */
export interface StoreRequest {
  readonly type: 'StoreRequest';
  /** Chosen by the application; the answer repeats it. */
  readonly requestId: number;
  /** Whose effect: consumers of one group share it. */
  readonly groupId: string;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly offset: Offset;
}

export interface StoreResponse {
  readonly type: 'StoreResponse';
  readonly requestId: number;
  /** False when it had been applied before. */
  readonly isApplied: boolean;
}
