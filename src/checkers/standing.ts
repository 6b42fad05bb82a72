/** How a broker stands with the controller, in words: what evidence of liveness says about whoever did not get on. */
import type { NodeId } from '../kafka/ids.ts';
import type { Cluster } from './cluster.ts';

export function standing(cluster: Cluster, brokerId: NodeId): string {
  if (!cluster.isUp(brokerId)) return 'down';
  const broker = cluster.image.broker(brokerId);
  if (broker === undefined) return 'up, not registered';
  return broker.fenced ? 'up, fenced' : broker.inControlledShutdown ? 'up, in controlled shutdown' : 'up';
}
