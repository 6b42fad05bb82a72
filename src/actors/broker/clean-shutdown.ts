/**
 * The clean-shutdown marker: a file that a broker leaves behind when it stopped in good order, with the broker epoch of that
 * life (KIP-966). With it the next start trusts its logs as they are. It must be gone before they are loaded: one that
 * outlives a crash makes the start after that trust logs which nobody flushed (KAFKA-10471).
 *
 * Source: CleanShutdownFileHandler, LogManager.loadLogs.
 */
import type { Effect } from '../../kernel/effects.ts';
import type { BrokerEpoch } from '../../kafka/ids.ts';

export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown';

export interface CleanShutdownMarker {
  readonly brokerEpoch: BrokerEpoch;
}

/** To be carried out when every log and checkpoint is flushed; `marker.flushed` says that it is there. */
export function writeCleanShutdown(brokerEpoch: BrokerEpoch): Effect[] {
  const value: CleanShutdownMarker = { brokerEpoch };
  return [
    { kind: 'replace', file: CLEAN_SHUTDOWN_FILE, value },
    { kind: 'flush', file: CLEAN_SHUTDOWN_FILE, then: 'marker.flushed' },
  ];
}

export function removeCleanShutdown(): Effect {
  return { kind: 'delete', file: CLEAN_SHUTDOWN_FILE };
}
