/** Which protocols of group membership a run puts to the test. */
import type { ConsumerConfig } from '../kafka/config-tables.ts';
import type { CheckConfig } from './checker.ts';

/** Members that are not consumers of the run, as scripts are, may speak any. */
export function usesGroupProtocol({ usesGroups, consumers }: CheckConfig, protocol: ConsumerConfig['groupProtocol']): boolean {
  const members = consumers.filter(({ groupId }) => groupId !== undefined);
  return usesGroups === true && (members.length === 0 || members.some(({ config }) => config.groupProtocol === protocol));
}
