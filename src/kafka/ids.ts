/**
 * The names of things in Kafka's protocol. Types are flavoured: plain numbers flow in, arithmetic stays arithmetic,
 * but an `Offset` does not pass for a `LeaderEpoch`. `NO_*` are the protocol's own sentinels.
 */
declare const flavour: unique symbol;
type Flavoured<Base, Name extends string> = Base & { readonly [flavour]?: Name };

/** A broker or controller, `node.id`. Equal to its address in the simulated network. */
export type NodeId = Flavoured<number, 'NodeId'>;
/** Position of a record in a partition's log. */
export type Offset = Flavoured<number, 'Offset'>;
/** Epoch of a partition's leader; rises with every leader change (KIP-101). */
export type LeaderEpoch = Flavoured<number, 'LeaderEpoch'>;
/** Version of a partition's state in the controller; rises with every change record (KIP-497). */
export type PartitionEpoch = Flavoured<number, 'PartitionEpoch'>;
/** Epoch of one incarnation of a broker: the offset of its registration record (KIP-380, KIP-631). */
export type BrokerEpoch = Flavoured<number, 'BrokerEpoch'>;
export type ProducerId = Flavoured<number, 'ProducerId'>;
export type ProducerEpoch = Flavoured<number, 'ProducerEpoch'>;
/** Sequence of a producer's record in a partition, int32 (KIP-98). */
export type Sequence = Flavoured<number, 'Sequence'>;
export type TopicName = Flavoured<string, 'TopicName'>;
export type PartitionIndex = Flavoured<number, 'PartitionIndex'>;
/** `topic-partition`, as Kafka prints it. */
export type TopicPartition = Flavoured<string, 'TopicPartition'>;

export const NO_LEADER: NodeId = -1;
export const NO_EPOCH = -1;
export const NO_OFFSET: Offset = -1;
export const NO_PRODUCER_ID: ProducerId = -1;
export const NO_SEQUENCE: Sequence = -1;

export function topicPartition(topic: TopicName, partition: PartitionIndex): TopicPartition {
  return `${topic}-${partition}`;
}
