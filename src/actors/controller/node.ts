/** The controller as a process: one machine on one file. */
import type { NodeSpec } from '../../kernel/process.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import type { NodeId } from '../../kafka/ids.ts';
import type { ReplicationControl } from '../../kafka/replication-control.ts';
import type { MetadataLog } from './metadata-log.ts';
import { METADATA_LOG_FILE, type ControllerInput } from './state.ts';

export const CONTROLLER_MACHINE = 'controller';

export interface ControllerNodeOptions {
  readonly name: string;
  readonly nodeId: NodeId;
  readonly config: BrokerConfig;
  readonly control: ReplicationControl;
}

export function controllerNode({ name, nodeId, config, control }: ControllerNodeOptions): NodeSpec {
  return {
    name,
    server: CONTROLLER_MACHINE,
    boot: ({ read, incarnation }) => [
      {
        name: CONTROLLER_MACHINE,
        machine: 'controller',
        input: { nodeId, config, control, log: read(METADATA_LOG_FILE) as MetadataLog | undefined, epoch: incarnation } satisfies ControllerInput,
      },
    ],
  };
}
