/**
 * A producer as a process: one machine, no server, nothing on disk. A restarted producer begins from nothing; what its
 * earlier life had in its buffers is gone, and with it the outcome of those sends.
 */
import type { NodeSpec } from '../../kernel/process.ts';
import type { ProducerConfig } from '../../kafka/config.ts';
import type { NodeId, TopicName } from '../../kafka/ids.ts';
import type { Rules } from '../../kafka/rules.ts';
import type { ProducerInput } from './state.ts';

/** The machine's name in its process: `app.send` goes to it. */
export const PRODUCER_MACHINE = 'producer';

export interface ProducerNodeOptions {
  readonly name: string;
  readonly bootstrapServers: readonly NodeId[];
  readonly config: ProducerConfig;
  readonly rules: Rules;
  /** Topics whose metadata is fetched at the start; the producer learns of others by sending. */
  readonly topics: readonly TopicName[];
}

export function producerNode({ name, bootstrapServers, config, rules, topics }: ProducerNodeOptions): NodeSpec {
  return {
    name,
    boot: ({ nowMs, draw, incarnation }) => [
      { name: PRODUCER_MACHINE, machine: 'producer', input: { bootstrapServers, config, rules, topics, nowMs, draw, incarnation } satisfies ProducerInput },
    ],
  };
}
