/**
 * A consumer as a process: one machine, no server, nothing on disk. Without a group a restarted consumer begins where its
 * reset policy says.
 */
import type { NodeSpec } from '../../kernel/process.ts';
import type { ConsumerConfig } from '../../kafka/config.ts';
import type { NodeId, TopicName } from '../../kafka/ids.ts';
import type { ConsumerInput } from './state.ts';

/** The machine's name in its process: `app.pause` and `app.resume` go to it. */
export const CONSUMER_MACHINE = 'consumer';

export interface ConsumerNodeOptions {
  readonly name: string;
  readonly bootstrapServers: readonly NodeId[];
  readonly config: ConsumerConfig;
  readonly topics: readonly TopicName[];
}

export function consumerNode({ name, bootstrapServers, config, topics }: ConsumerNodeOptions): NodeSpec {
  return {
    name,
    boot: ({ nowMs, draw, incarnation }) => [
      { name: CONSUMER_MACHINE, machine: 'consumer', input: { bootstrapServers, config, topics, nowMs, draw, incarnation } satisfies ConsumerInput },
    ],
  };
}
