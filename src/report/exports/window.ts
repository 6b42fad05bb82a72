/**
 * The part of a run that formats for few events show: the last messages up to the first violation, else the beginning; those that
 * go on whatever happens only where nothing is left out.
 */
import { FIRST_MESSAGE, type RunModel } from '../model/model.ts';

/** Messages that go on whatever happens. */
const BACKGROUND = /^(BrokerHeartbeat|Metadata|Fetch)(Request|Response)$/;

/** Numbers of at most `limit` messages, rising. `telling` leaves out what goes on whatever happens. */
export function messagesShown({ meta, tables: { messages, replicaEvents, transitions, registrations, sends } }: RunModel, limit: number, telling: boolean): number[] {
  const evidence = meta.verdicts.flatMap((verdict) => verdict.evidence.map(({ atUs }) => atUs));
  const untilUs = evidence.length === 0 ? Infinity : Math.min(...evidence);
  const changed = new Set<number>();
  for (const { cause, rows } of [replicaEvents, transitions, registrations, sends]) for (let i = 0; i < rows; i += 1) if ((cause[i] as number) >= FIRST_MESSAGE) changed.add((cause[i] as number) - FIRST_MESSAGE);
  const found: number[] = [];
  const isTelling = (i: number): boolean => !telling || changed.has(i) || (messages.handledAtUs[i] as number) < 0 || !BACKGROUND.test(meta.messageTypes[messages.type[i] as number] as string);
  const order = (from: number, step: 1 | -1): void => {
    for (let i = from; i >= 0 && i < messages.rows && found.length < limit; i += step) if ((messages.sentAtUs[i] as number) <= untilUs && isTelling(i)) found.push(i);
  };
  if (evidence.length === 0) order(0, 1);
  else order(messages.rows - 1, -1);
  return found.sort((a, b) => a - b);
}
