/**
 * A stage for the members of one group: `orders-0` holds `a`, `b`, `c` and `d`, and two readers share it with an application. For
 * tests of what becomes of effects; nothing here follows Kafka's rules unless the test does.
 */
import { defaultConfig } from '../kafka/config.ts';
import { topicPartition, type Offset } from '../kafka/ids.ts';
import type { Outcome, PositionReset } from '../history/observations.ts';
import type { Verdict } from '../history/verdict.ts';
import type { CheckConfig, CheckedApplication, Property } from './checker.ts';
import { NODES, OTHER_READER, READER, Stage, TOPIC } from './staging.ts';

export const RECORDS = ['a', 'b', 'c', 'd'] as const;
const GROUP = 'dashboards';

export class DeliveryStage {
  readonly stage: Stage;
  private commits = 0;
  private readonly incarnations = new Map<number, number>();

  constructor(property: Property, application: Partial<CheckedApplication> = {}, changes: Partial<CheckConfig> = {}, autoOffsetReset: 'earliest' | 'latest' = 'earliest') {
    const whole: CheckedApplication = { mode: 'process-then-commit', handler: 'sync', commit: 'sync', sink: 'naive', ...application };
    const consumers = [READER, OTHER_READER].map((node) => ({ node, config: { ...defaultConfig('consumer'), autoOffsetReset }, topics: [TOPIC], groupId: GROUP, application: whole }));
    this.stage = Stage.ready([property], { consumers, ...changes });
    this.stage.replicate(1, [2, 3], RECORDS);
    RECORDS.forEach((value, offset) => void this.stage.send({ value, offset }));
  }

  /** The member owns `orders-0` from here on, or nothing, in this generation. */
  own(generationId: number, isOwner = true, node = READER, reason: 'assigned' | 'revoked' | 'lost' = 'assigned'): this {
    this.stage.observe(node, { type: 'assignment', groupId: GROUP, memberId: NODES[node] ?? '', generationId, reason, owned: isOwner ? [{ topic: TOPIC, partitions: [0] }] : [] });
    return this;
  }

  begin(to: Offset, reason: PositionReset['reason'] = 'committed', node = READER): this {
    this.stage.observe(node, { type: 'position.reset', topic: TOPIC, partition: 0, from: null, to, reason });
    return this;
  }

  /** Polls these offsets and carries out their effects. */
  process(offsets: readonly Offset[], node = READER, isApplied = true): this {
    return this.poll(offsets, node).carryOut(offsets, node, isApplied);
  }

  poll(offsets: readonly Offset[], node = READER): this {
    this.stage.pollRecords(node, 1, offsets.map((offset) => ({ offset, leaderEpoch: 0, key: null, value: RECORDS[offset] ?? '' })));
    return this;
  }

  carryOut(offsets: readonly Offset[], node = READER, isApplied = true): this {
    for (const offset of offsets) this.stage.observe(node, { type: 'record.processed', topic: TOPIC, partition: 0, offset, value: RECORDS[offset] ?? '', isApplied });
    return this;
  }

  commit(offset: Offset, outcome: Outcome = 'ok', node = READER, mayBeTwice = false): this {
    return this.commitLater(offset, node)(outcome, mayBeTwice);
  }

  commitLater(offset: Offset, node = READER): (outcome?: Outcome, mayBeTwice?: boolean) => this {
    this.commits += 1;
    const commitId = this.commits;
    this.stage.observe(node, { type: 'commit.invoked', commitId, groupId: GROUP, mode: 'sync', offsets: [{ topic: TOPIC, partition: 0, offset }] });
    return (outcome = 'ok', mayBeTwice = false) => {
      this.stage.observe(node, { type: 'commit.completed', commitId, outcome, errorCode: outcome === 'ok' ? 'NONE' : 'REQUEST_TIMED_OUT', ...(mayBeTwice ? { mayBeTwice } : {}) });
      return this;
    };
  }

  /** A commit of no partition at all, which is over as it begins. */
  commitNothing(node = READER): this {
    return this.commitByItself(null, node);
  }

  /** The consumer's own commit (`enable.auto.commit`), confirmed. */
  commitByItself(offset: Offset | null, node = READER): this {
    this.commits += 1;
    this.stage.observe(node, { type: 'commit.invoked', commitId: this.commits, groupId: GROUP, mode: 'auto', offsets: offset === null ? [] : [{ topic: TOPIC, partition: 0, offset }] });
    this.stage.observe(node, { type: 'commit.completed', commitId: this.commits, outcome: 'ok', errorCode: 'NONE' });
    return this;
  }

  restart(node = READER): this {
    const incarnation = (this.incarnations.get(node) ?? 1) + 1;
    this.incarnations.set(node, incarnation);
    this.stage.start(node, incarnation);
    return this;
  }

  verdict(): Verdict {
    return this.stage.verdict();
  }

  sentences(): readonly string[] {
    return this.verdict().evidence.map(({ sentence }) => sentence);
  }
}

export const PARTITION = topicPartition(TOPIC, 0);
export const OTHER = OTHER_READER;
