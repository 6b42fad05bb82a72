/**
 * A broker as a process: what it reads from its disk when it starts, and the machines it starts with. The replicas come
 * with the metadata, each on the files that the disk held.
 */
import { hex64 } from '../../kernel/hash.ts';
import type { BootInput, NodeSpec } from '../../kernel/process.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import type { NodeId, Offset, TopicPartition } from '../../kafka/ids.ts';
import type { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import type { PartitionLog } from '../../kafka/log.ts';
import { MetadataImage } from '../../kafka/metadata.ts';
import type { Rules } from '../../kafka/rules.ts';
import type { ProposalsInput } from '../alter-partition/proposals.ts';
import type { ApisInput } from '../apis/state.ts';
import { BROKER_MACHINES } from '../local-events.ts';
import type { MetadataInput } from '../metadata/publish.ts';
import { epochFile, highWatermarkFile, logFile, type ReplicaDisk } from '../replica/state.ts';
import type { BrokerInput } from './lifecycle.ts';

export interface BrokerNodeOptions {
  readonly name: string;
  readonly brokerId: NodeId;
  readonly controllerId: NodeId;
  readonly config: BrokerConfig;
  readonly rules: Rules;
}

export function brokerNode({ name, brokerId, controllerId, config, rules }: BrokerNodeOptions): NodeSpec {
  return {
    name,
    server: BROKER_MACHINES.apis,
    boot: (input) => {
      const incarnationId = hex64(input.draw, input.incarnation);
      const disks = replicaDisks(input);
      return [
        { name: BROKER_MACHINES.apis, machine: 'apis', input: { brokerId, image: MetadataImage.empty() } satisfies ApisInput },
        { name: BROKER_MACHINES.alterPartition, machine: 'alterPartition', input: { brokerId, controllerId, config } satisfies ProposalsInput },
        { name: BROKER_MACHINES.metadata, machine: 'metadata', input: { brokerId, controllerId, config, rules, disks } satisfies MetadataInput },
        { name: BROKER_MACHINES.broker, machine: 'broker', input: { brokerId, controllerId, config, incarnationId } satisfies BrokerInput },
      ];
    },
  };
}

const LOG_SUFFIX = '/log';

function replicaDisks({ files, read }: BootInput): ReadonlyMap<TopicPartition, ReplicaDisk> {
  const disks = new Map<TopicPartition, ReplicaDisk>();
  for (const file of files()) {
    if (!file.endsWith(LOG_SUFFIX)) continue;
    const name: TopicPartition = file.slice(0, -LOG_SUFFIX.length);
    disks.set(name, {
      log: read(logFile(name)) as PartitionLog | undefined,
      epochs: read(epochFile(name)) as LeaderEpochCache | undefined,
      highWatermark: read(highWatermarkFile(name)) as Offset | undefined,
    });
  }
  return disks;
}
