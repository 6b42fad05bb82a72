/**
 * The administrator's console as a process: one machine, no server, nothing on disk. What it was about to do dies with
 * it; whoever wanted that has to ask again.
 */
import type { NodeSpec } from '../../kernel/process.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { DEFAULT_ADMIN_CONFIG, type AdminConfig } from './config.ts';
import type { AdminInput } from './state.ts';

/** The machine's name in its process: `admin.provision` and `admin.call` go to it. */
export const ADMIN_MACHINE = 'admin';

export interface AdminNodeOptions {
  readonly name: string;
  readonly bootstrapServers: readonly NodeId[];
  readonly bootstrapControllers: readonly NodeId[];
  readonly config?: AdminConfig;
}

export function adminNode({ name, bootstrapServers, bootstrapControllers, config = DEFAULT_ADMIN_CONFIG }: AdminNodeOptions): NodeSpec {
  return {
    name,
    boot: ({ incarnation }) => [{ name: ADMIN_MACHINE, machine: 'admin', input: { bootstrapServers, bootstrapControllers, config, incarnation } satisfies AdminInput }],
  };
}
