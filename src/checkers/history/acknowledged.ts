/** Which sends promise something: acknowledged with acks=all, at an offset. */
import type { Sent } from './prepared.ts';

export function isStronglyAcknowledged({ call, acks, offset }: Sent): boolean {
  return call.outcome === 'ok' && acks === -1 && offset !== null;
}
