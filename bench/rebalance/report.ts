/** reports/rebalance.md: what a rolling restart costs a group, by protocol. A function of its data. */
import type { Ending, RollingRestart } from './scenario.ts';
import type { Measured } from './watch.ts';

export interface RebalanceRow {
  readonly protocol: string;
  readonly ending: Ending;
  readonly measured: Measured;
}

const TITLES: Readonly<Record<Ending, string>> = {
  closed: 'Members are closed (SIGTERM, `KafkaConsumer.close`)',
  killed: 'Members are killed (`kill -9`)',
};

export function formatRebalance({ members, partitions }: Omit<RollingRestart, 'ending'>, rows: readonly RebalanceRow[]): string {
  const lines = [
    '# Rolling restart of a consumer group',
    '',
    `${members} members of one group on ${partitions} partitions, three brokers. Every ten seconds one member is restarted, and is back three seconds later. Kafka's defaults`,
    'otherwise: session.timeout.ms 45 s, heartbeat.interval.ms 3 s, enable.auto.commit every 5 s. Ten records a second, seed 1; nothing else breaks. Written by `npm run rebalance`.',
    '',
    'A rebalance is a new generation. A partition is without an owner while no live member has been told that it owns it; summed over partitions, and the longest of one.',
    'Moves are partitions that came to another member than the one before. Duplicates are records that were processed again.',
  ];
  for (const ending of ['closed', 'killed'] as const) {
    const some = rows.filter((row) => row.ending === ending);
    if (some.length === 0) continue;
    lines.push('', `## ${TITLES[ending]}`, '', '| protocol | rebalances | partition-seconds without an owner | longest | moves | duplicates |', '|---|---:|---:|---:|---:|---:|');
    for (const { protocol, measured } of some) {
      const { rebalances, unownedUs, longestUs, moves, duplicates, processed } = measured;
      lines.push(`| ${protocol} | ${rebalances} | ${seconds(unownedUs)} | ${seconds(longestUs)} s | ${moves} | ${duplicates} of ${processed} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function seconds(us: number): string {
  return (us / 1_000_000).toFixed(us < 100_000_000 ? 1 : 0);
}
