/**
 * Profiles: a Kafka version as the bundle of protocol rules it had. A scenario names one; this table says which there
 * are and where their rules are written down. What a rule does lives with the actors.
 */

export interface ProfileDoc {
  readonly name: string;
  readonly title: string;
  readonly source: string;
}

export const PROFILES = [
  {
    name: '3.9',
    title: 'Kafka 3.9, KRaft controller, no ELR',
    source: 'apache/kafka branch 3.9: ReplicaManager, Partition, ReplicationControlManager; KIP-101, KIP-279, KIP-320, KIP-497, KIP-631, KIP-841, KIP-903',
  },
] as const satisfies readonly ProfileDoc[];

export type ProfileName = (typeof PROFILES)[number]['name'];
export const PROFILE_NAMES: readonly ProfileName[] = PROFILES.map((profile) => profile.name);
