/**
 * A consumer as a process: no server, nothing on disk. Without a group it is one machine, and a restarted consumer begins
 * where its reset policy says. With one it is three: the application, its consumer and its membership.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { BootedMachine, NodeSpec } from '../../kernel/process.ts';
import type { ConsumerConfig } from '../../kafka/config.ts';
import type { NodeId, TopicName } from '../../kafka/ids.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import type { ApplicationInput, ApplicationOptions } from '../application/state.ts';
import { APPLICATION_MACHINE, CONSUMER_MACHINE, MEMBERSHIP_MACHINE } from '../group-events.ts';
import type { ConsumerMembershipInput } from '../consumer-membership/state.ts';
import type { ConsumerInput, ConsumerRules } from './state.ts';

export { CONSUMER_MACHINE };

export interface ConsumerNodeOptions {
  readonly name: string;
  readonly bootstrapServers: readonly NodeId[];
  readonly config: ConsumerConfig;
  readonly topics: readonly TopicName[];
  /** Default: those of the newest Kafka. */
  readonly rules?: ConsumerRules;
  /** Without it, a reader of all partitions. */
  readonly group?: {
    readonly groupId: string;
    readonly application: ApplicationOptions;
    /** -1 when the application has no idempotent sink. */
    readonly storeId: NodeId;
  };
}

export function consumerNode({ name, bootstrapServers, config, topics, rules = KAFKA_RULES, group }: ConsumerNodeOptions): NodeSpec {
  if (group === undefined) {
    return {
      name,
      boot: ({ nowMs, draw, incarnation }) => [
        { name: CONSUMER_MACHINE, machine: 'consumer', input: { bootstrapServers, config, topics, groupId: null, rules, nowMs, draw, incarnation } satisfies ConsumerInput },
      ],
    };
  }
  const { groupId, application: options, storeId } = group;
  return {
    name,
    terminates: APPLICATION_MACHINE,
    boot: ({ nowMs, draw, incarnation }) => [
      { name: CONSUMER_MACHINE, machine: 'consumer', input: { bootstrapServers, config, topics, groupId, rules, nowMs, draw, incarnation } satisfies ConsumerInput },
      membership({ bootstrapServers, config, groupId, incarnation, draw }),
      { name: APPLICATION_MACHINE, machine: 'application', input: { options, groupId, storeId, nowMs, draw } satisfies ApplicationInput },
    ],
  };
}

function membership(input: ConsumerMembershipInput): BootedMachine {
  switch (input.config.groupProtocol) {
    case 'classic':
      return { name: MEMBERSHIP_MACHINE, machine: 'membership', input };
    case 'consumer':
      return { name: MEMBERSHIP_MACHINE, machine: 'consumerMembership', input };
    default:
      return unreachable(input.config.groupProtocol, 'group.protocol');
  }
}
