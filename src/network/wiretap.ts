/**
 * Someone who listens on the wire: told of every message that is sent and of what keeps it from arriving, for pictures
 * of a run. Off by default, and then it costs one comparison per message; on or off, the run is the same.
 *
 * That a message arrived is not told here: the step that handles it says so (kernel/trace.ts).
 */
import type { Message } from '../kernel/effects.ts';

export interface Wiretap {
  /**
   * A message is on the wire. `connection` counts connections from 0, -1 for a datagram; `isAnswer` says that it answers
   * the request read last on that connection. A datagram that the network doubles is told twice, the second time with
   * `isCopy`.
   */
  sent(atUs: number, from: number, to: number, message: Message, connection: number, isAnswer: boolean, isCopy: boolean): void;
  /** It needs longer than the latency of its link: lost segments are sent again, or something stands in the way. */
  stalled(atUs: number, from: number, to: number, message: Message): void;
  /** It will never be handled: dropped, or what it came on is over. */
  lost(atUs: number, from: number, to: number, message: Message): void;
}
