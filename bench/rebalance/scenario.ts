/**
 * The rolling restart of an application: 50 members of one group on 200 partitions, every ten seconds one of them is restarted, closed
 * or killed. Kafka's defaults but for what a row of the table is about.
 *
 * Another protocol is another row: what it is called and its consumer configs.
 */
import { assert } from '../../src/kernel/assert.ts';
import { parseScenario } from '../../src/scenarios/parse.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';

export interface ProtocolRow {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

const STATIC = { 'group.instance.id': 'worker-{n}' };
export const PROTOCOL_ROWS: readonly ProtocolRow[] = [
  { name: 'classic, eager (range)', config: { 'partition.assignment.strategy': 'range' } },
  { name: 'classic, eager (sticky)', config: { 'partition.assignment.strategy': 'sticky' } },
  { name: 'classic, cooperative-sticky', config: { 'partition.assignment.strategy': 'cooperative-sticky' } },
  { name: 'consumer (KIP-848)', config: { 'group.protocol': 'consumer' } },
  { name: 'classic, eager (range), static members', config: { 'partition.assignment.strategy': 'range', ...STATIC } },
  { name: 'classic, cooperative-sticky, static members', config: { 'partition.assignment.strategy': 'cooperative-sticky', ...STATIC } },
  { name: 'consumer (KIP-848), static members', config: { 'group.protocol': 'consumer', ...STATIC } },
];

/** closed: SIGTERM, the application closes its consumer. killed: the process is gone at once. */
export type Ending = 'closed' | 'killed';
export const ENDINGS: readonly Ending[] = ['closed', 'killed'];

export interface GroupSize {
  readonly members: number;
  readonly partitions: number;
}

export interface RollingRestart extends GroupSize {
  readonly ending: Ending;
}

const FIRST_S = 60;
const EVERY_S = 10;
const DOWN_S = 3;
/** The session timeout of Kafka's consumers, and a little more. */
const AFTERWARDS_S = 75;

/** When the first member goes, and when all is settled again. */
export function windowOf({ members }: RollingRestart): { readonly fromUs: number; readonly untilUs: number } {
  return { fromUs: FIRST_S * 1_000_000, untilUs: (FIRST_S + members * EVERY_S + AFTERWARDS_S) * 1_000_000 };
}

export function rollingRestartScenario({ config }: ProtocolRow, restart: RollingRestart): Scenario {
  const { members, partitions, ending } = restart;
  const nodes = Array.from({ length: members }, (_, i) => `worker-${i + 1}`);
  const content = {
    scenario: 'rolling_restart_of_members',
    seed: 1,
    duration: `${windowOf(restart).untilUs / 1_000_000}s`,
    cluster: { brokers: 3, config: { 'offsets.topic.num.partitions': 1 } },
    topics: [{ name: 'orders', partitions, replicationFactor: 3 }],
    producers: [{ name: 'app', config: { acks: 'all' } }],
    consumers: [{ name: 'worker', count: members, group: 'workers', topics: ['orders'], application: { mode: 'auto-commit' }, config: { 'auto.offset.reset': 'earliest', ...config } }],
    workload: [{ producer: 'app', topic: 'orders', every: '100ms', key: 'customer-{i}', value: 'order {i}', start: '30s' }],
    // What brokers do is judged elsewhere, at length.
    checks: ['classic-group', 'consumer-order', 'group-offsets-kept'],
    faults: nodes.map((node, i) => ({ at: `${FIRST_S + i * EVERY_S}s`, ...(ending === 'closed' ? { stop: node } : { crash: node }), restartAfter: `${DOWN_S}s` })),
  };
  const parsed = parseScenario({ file: 'rolling restart', content: JSON.stringify(content) });
  assert('value' in parsed, () => `no scenario: ${JSON.stringify('problems' in parsed ? parsed.problems : [])}`);
  return parsed.value;
}
