/**
 * A broker as a process: what it reads from its disk when it starts, and the machines it starts with. The replicas come
 * with the metadata, each on the files that the disk held.
 */
import { incarnationIdOf } from '../../kafka/broker-registrations.ts';
import type { Message } from '../../kernel/effects.ts';
import type { BootedMachine, BootInput, NodeSpec } from '../../kernel/process.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import type { NodeId, Offset, TopicPartition } from '../../kafka/ids.ts';
import type { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import type { PartitionLog } from '../../kafka/log.ts';
import { MetadataImage } from '../../kafka/metadata.ts';
import type { ProducerSnapshot } from '../../kafka/producer-state.ts';
import type { ReplicationControl } from '../../kafka/replication-control.ts';
import type { ProposalsInput } from '../alter-partition/proposals.ts';
import type { ApisInput } from '../apis/state.ts';
import { controllerListener, quorumMachines } from '../controller/node.ts';
import { GROUP_REQUESTS } from '../group-coordinator/requests.ts';
import type { CoordinatorInput } from '../group-coordinator/state.ts';
import { BROKER_MACHINES } from '../local-events.ts';
import type { MetadataInput } from '../metadata/publish.ts';
import type { ProducerIdsInput } from '../producer-ids/blocks.ts';
import { RAFT_LOG_FILE } from '../raft/state.ts';
import { epochFile, highWatermarkFile, logFile, logStartFile, producerSnapshotFile, recoveryPointFile, type ReplicaDisk } from '../replica/state.ts';
import { CLEAN_SHUTDOWN_FILE, type CleanShutdownMarker } from './clean-shutdown.ts';
import type { BrokerInput } from './lifecycle.ts';

export interface BrokerNodeOptions {
  readonly name: string;
  readonly brokerId: NodeId;
  /** Node ids of the controller quorum, in order. */
  readonly voters: readonly NodeId[];
  readonly config: BrokerConfig;
  readonly control: ReplicationControl;
}

/** `process.roles=broker`, or `broker,controller` where the broker is one of the voters. */
export function brokerNode({ name, brokerId, voters, config, control }: BrokerNodeOptions): NodeSpec {
  const { rules } = control;
  const isController = voters.includes(brokerId);
  return {
    name,
    server: BROKER_MACHINES.apis,
    terminates: BROKER_MACHINES.broker,
    route: (message) => (isController ? combinedListener(message) : dataListener(message)),
    boot: (input) => {
      const incarnationId = incarnationIdOf(input.draw, input.incarnation);
      const marker = input.read(CLEAN_SHUTDOWN_FILE) as CleanShutdownMarker | undefined;
      const disks = replicaDisks(input, marker !== undefined);
      const listeners = [BROKER_MACHINES.metadata, BROKER_MACHINES.broker, BROKER_MACHINES.alterPartition, BROKER_MACHINES.producerIds, BROKER_MACHINES.groupCoordinator];
      const machines: BootedMachine[] = [
        { name: BROKER_MACHINES.apis, machine: 'apis', input: { brokerId, image: MetadataImage.empty() } satisfies ApisInput },
        { name: BROKER_MACHINES.alterPartition, machine: 'alterPartition', input: { brokerId, config } satisfies ProposalsInput },
        { name: BROKER_MACHINES.producerIds, machine: 'producerIds', input: { brokerId, config } satisfies ProducerIdsInput },
        { name: BROKER_MACHINES.groupCoordinator, machine: 'groupCoordinator', input: { brokerId, config, rules } satisfies CoordinatorInput },
        { name: BROKER_MACHINES.metadata, machine: 'metadata', input: { brokerId, config, rules, disks } satisfies MetadataInput },
        { name: BROKER_MACHINES.broker, machine: 'broker', input: { brokerId, config, rules, marker, incarnationId } satisfies BrokerInput },
      ];
      // The Raft client comes last: whom it tells must be there.
      machines.push(...quorumMachines(input, { nodeId: brokerId, voters, config, control, listeners }));
      return machines;
    },
  };
}

/** The two listeners of a combined node: what the quorum and brokers ask of a controller, and everything else. */
function combinedListener(message: Message): string {
  return controllerListener(message) ?? dataListener(message);
}

function dataListener(message: Message): string {
  return GROUP_REQUESTS.includes(message.type) ? BROKER_MACHINES.groupCoordinator : BROKER_MACHINES.apis;
}

const LOG_SUFFIX = '/log';

function replicaDisks({ files, read }: BootInput, wasCleanShutdown: boolean): ReadonlyMap<TopicPartition, ReplicaDisk> {
  const disks = new Map<TopicPartition, ReplicaDisk>();
  for (const file of files()) {
    // The metadata log is the Raft client's.
    if (!file.endsWith(LOG_SUFFIX) || file === RAFT_LOG_FILE) continue;
    const name: TopicPartition = file.slice(0, -LOG_SUFFIX.length);
    disks.set(name, {
      log: read(logFile(name)) as PartitionLog | undefined,
      epochs: read(epochFile(name)) as LeaderEpochCache | undefined,
      highWatermark: read(highWatermarkFile(name)) as Offset | undefined,
      recoveryPoint: read(recoveryPointFile(name)) as Offset | undefined,
      logStartOffset: read(logStartFile(name)) as Offset | undefined,
      producerSnapshots: read(producerSnapshotFile(name)) as readonly ProducerSnapshot[] | undefined,
      wasCleanShutdown,
    });
  }
  return disks;
}
