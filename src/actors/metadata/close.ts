/**
 * The end of a controlled shutdown: every log is flushed and closed, then the clean-shutdown marker goes to disk with the
 * broker epoch (KIP-966), then the process ends. A start that finds the marker skips the recovery of the logs.
 *
 * Left out: `log.recovery.threads`, one marker for each log directory.
 * Source: LogManager.shutdown, CleanShutdownFileHandler, BrokerServer.shutdown.
 */
import type { Effect } from '../../kernel/effects.ts';
import { topicPartition, type TopicPartition } from '../../kafka/ids.ts';
import { writeCleanShutdown } from '../broker/clean-shutdown.ts';
import { tell, type BrokerClosing } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import type { MetadataState } from './publish.ts';

export function closeLogs(before: MetadataState, { nowMs }: BrokerClosing): Reduced<MetadataState> {
  const hosted = hostedPartitions(before);
  const effects: Effect[] = hosted.map((name) => tell(name, { type: 'log.close', nowMs }));
  return { state: { ...before, openLogs: hosted.length }, effects };
}

export function isLastLog({ openLogs }: MetadataState): boolean {
  return openLogs === 1;
}

export function logClosed(before: MetadataState): Reduced<MetadataState> {
  return { state: { ...before, openLogs: before.openLogs - 1 }, effects: [] };
}

export function writeMarker(state: MetadataState): Reduced<MetadataState> {
  return { state, effects: writeCleanShutdown(state.brokerEpoch) };
}

export function halt(state: MetadataState): Reduced<MetadataState> {
  return { state, effects: [{ kind: 'halt', reason: 'controlled shutdown' }] };
}

function hostedPartitions({ published, brokerId }: MetadataState): TopicPartition[] {
  const hosted: TopicPartition[] = [];
  for (const { name, partitions } of published?.topics ?? []) {
    partitions.forEach(({ replicas }, partition) => {
      if (replicas.includes(brokerId)) hosted.push(topicPartition(name, partition));
    });
  }
  return hosted;
}
