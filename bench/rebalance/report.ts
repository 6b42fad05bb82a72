/** reports/rebalance.md: what a rolling restart costs a group, by protocol. A function of its data, reports/rebalance.json. */
import type { Ending, GroupSize } from './scenario.ts';
import type { Measured } from './watch.ts';

export interface RebalanceRow {
  readonly protocol: string;
  readonly ending: Ending;
  readonly measured: Measured;
}

interface Measurement extends GroupSize {
  readonly rows: readonly RebalanceRow[];
}

export interface RebalanceReport extends Measurement {
  readonly format: 'harrow.rebalance/1';
  /** The same of a group that is small enough for a test to measure again. */
  readonly sample: Measurement;
}

export const SAMPLE: GroupSize = { members: 5, partitions: 20 };

const TITLES: Readonly<Record<Ending, string>> = {
  closed: 'Members are closed (SIGTERM, `KafkaConsumer.close`)',
  killed: 'Members are killed (`kill -9`)',
};

/** What the figures come from in Kafka's rules; they hold for any size. */
const REASONS: Readonly<Record<Ending, readonly string[]>> = {
  closed: [
    'Eager: two rebalances a restart, one as the member leaves and one as it comes back. Members hear of a rebalance with a heartbeat, and',
    'since all began to count when the generation before was complete, they hear of it together, within 3 s. Then everybody gives up',
    'everything and has its share again some round trips later; what is without an owner for longer is what the one that left had. An',
    'application that is busy with what poll returned would make everybody wait for it, which this one is not. Range deals the',
    'partitions out anew each time, and most of them move; sticky moves what it must.',
    '',
    'Cooperative (KIP-429): nobody stops, but a partition that moves is given up in one rebalance and given away in the next, of which the',
    'others hear only with their next heartbeat: a third rebalance, and 3 s for each partition that goes back to the member that came back.',
    '',
    'Consumer protocol (KIP-848): nobody stops and nobody waits for all; each member learns with its own heartbeat, every 5 s',
    '(group.consumer.heartbeat.interval.ms), what it has or must give up. That is what a partition waits for. Two epochs of which one was',
    'over before any member heard of it count as one.',
    '',
    'Static members (KIP-345) do not leave when they are closed, and come back as who they were: no rebalance, and their partitions wait for',
    'them. In the consumer protocol they tell the coordinator that they will be back (epoch -2).',
  ],
  killed: [
    'A member that is killed is missed when its session ends, 45 s later, and what it had waits until then; what it had not committed is',
    'processed again. Here the next one is killed before that, so that several are gone and not missed at any time.',
    '',
    'Classic protocol: the process that comes back is a new member, whose JoinGroup begins a rebalance, and a rebalance waits for every member',
    'that is known, the dead one included. One that is killed while its own JoinGroup is parked is not missed at all: it takes part in the',
    'generation, is given partitions, and only then its session begins to run. Eager members have given up everything meanwhile, so the whole',
    'group stands still for most of the restart. Cooperative members go on with what they have, but do not commit automatically while',
    'they wait (ConsumerCoordinator.poll returns before it would): whoever is next processes that again.',
    '',
    'Consumer protocol: nobody waits for the dead, except for their partitions.',
    '',
    'Static members of the classic protocol are hurt least: the process that comes back takes the place of the dead one. The consumer protocol',
    'does not let it while the session of the dead one runs (UNRELEASED_INSTANCE_ID), and that is the end of the consumer; here nobody starts',
    'the application once more, so that by and by nobody is left.',
  ],
};

export function formatRebalance({ members, partitions, rows }: Measurement): string {
  const lines = [
    '# Rolling restart of a consumer group',
    '',
    `${members} members of one group on ${partitions} partitions, three brokers. Every ten seconds one member is restarted, and is back three seconds later. Kafka's defaults`,
    'otherwise: session.timeout.ms 45 s, heartbeat.interval.ms 3 s, enable.auto.commit every 5 s. Ten records a second, seed 1; nothing else breaks. Written by',
    '`npm run rebalance`, which also writes the data, `rebalance.json`.',
    '',
    'A rebalance is a new generation, or in the consumer protocol a new epoch, that some member was told of. A partition is without an owner while no live member',
    'has been told that it owns it: summed over partitions, and the longest of one. The group stands still while that is so of all. Moves are partitions that came',
    'to another member than the one before. Duplicates are records that were processed again.',
  ];
  for (const ending of ['closed', 'killed'] as const) {
    const some = rows.filter((row) => row.ending === ending);
    if (some.length === 0) continue;
    lines.push('', `## ${TITLES[ending]}`, '', '| protocol | rebalances | partition-seconds without an owner | longest | group stands still | moves | duplicates |', '|---|---:|---:|---:|---:|---:|---:|');
    for (const { protocol, measured } of some) {
      const { rebalances, unownedUs, longestUs, standstillUs, moves, duplicates, processed } = measured;
      lines.push(`| ${protocol} | ${rebalances} | ${seconds(unownedUs)} | ${duration(longestUs)} | ${duration(standstillUs)} | ${moves} | ${duplicates} of ${processed} |`);
    }
    lines.push('', ...REASONS[ending]);
  }
  return `${lines.join('\n')}\n`;
}

function duration(us: number): string {
  return us > 0 && us < 1_000_000 ? `${Math.round(us / 1_000)} ms` : `${seconds(us)} s`;
}

function seconds(us: number): string {
  return (us / 1_000_000).toFixed(us < 100_000_000 ? 1 : 0);
}
