/**
 * What the header of a run's history says for it: which anomalies its configuration allows, and which its faults excuse, so that
 * whoever judges the file alone comes to no other verdict than the run did. Wide where the run is precise: an excuse for one
 * record is one for its topic.
 *
 * Source: guarantees.ts, fault-budget.ts; GD-1..GD-7.
 */
import type { CheckConfig, CheckedApplication } from '../checkers/checker.ts';
import { commitsFirst, commitsLater } from '../checkers/delivery-guarantees.ts';
import { reordering, retriesUnnumbered } from '../checkers/guarantees.ts';
import { sendBoundMs } from '../checkers/liveness-bound.ts';
import type { Allowance, HistoryHeader } from '../history/recorded/operations.ts';

/** Where groups keep their committed offsets. */
const OFFSETS_TOPIC = '__consumer_offsets';
/** What a record that is gone, or another in its place, looks like to clients. */
const OF_LOSS = ['inconsistent-offsets', 'ack-read-disagreement', 'lost-write', 'unseen', 'poll-skip', 'nonmonotonic-poll', 'int-poll-skip', 'nonmonotonic-send', 'offset-regress', 'gap-before-ack', 'end-offset-regress', 'duplicate', 'compaction-read', 'unprocessed', 'reprocessed'];
/** What a record that retention or a cleaning took looks like. */
const OF_CLEANING = ['lost-write', 'ack-read-disagreement', 'unseen', 'poll-skip', 'int-poll-skip', 'unprocessed'];
/** What a committed offset that is gone, or older than it was, looks like. */
const OF_FORGETTING = ['committed-offset-lost', 'unprocessed', 'reprocessed'];
/** What a group whose generations were lost, or counted anew, looks like. */
const OF_COUNTING_ANEW = ['shared-ownership'];
const OF_OVERTAKING = ['nonmonotonic-send', 'int-nonmonotonic-send'];

export interface TopicReason {
  readonly topic: string;
  readonly reason: string;
}

export interface RunFacts {
  /** What the faults of the run took that nobody promised. */
  readonly losses: readonly TopicReason[];
  /** Where an idempotent producer may have been overtaken by itself. */
  readonly overtakings: readonly TopicReason[];
  readonly durationMs: number;
  /** A clock jumped: what a process counts by it may take any time. */
  readonly doClocksJump: boolean;
}

export function historyHeader(config: CheckConfig, { losses, overtakings, durationMs, doClocksJump }: RunFacts, source: string): Omit<HistoryHeader, 'format' | 'nodes'> {
  const allows: Allowance[] = [];
  const allow = (anomalies: readonly string[], reason: string | undefined, topics?: readonly string[]): void => {
    if (reason !== undefined) for (const anomaly of anomalies) allows.push({ anomaly, reason, ...(topics === undefined ? {} : { topics }) });
  };
  allow(OF_OVERTAKING, config.producers.map(reordering).find((reason) => reason !== undefined));
  allow(['duplicate'], config.producers.map((producer) => retriesUnnumbered(producer.config)).find((reason) => reason !== undefined));
  // Of an epoch that was raised the history tells itself; of what a leader has forgotten no client hears.
  if ((config.producerIdExpirationMs ?? Number.MAX_SAFE_INTEGER) <= durationMs) allow(['duplicate'], 'producer.id.expiration.ms is shorter than the run');
  if ((config.offsetsRetentionMs ?? Number.MAX_SAFE_INTEGER) <= durationMs) allow(OF_FORGETTING, 'offsets.retention.minutes is shorter than the run');
  if ((config.groupCleanupMs ?? Number.MAX_SAFE_INTEGER) <= durationMs) allow(OF_COUNTING_ANEW, 'a group of which nothing was left may have begun anew, with generation 1');
  for (const { name, uncleanLeaderElectionEnable, isCleaned } of config.topics) {
    if (uncleanLeaderElectionEnable) allow(OF_LOSS, 'unclean.leader.election.enable', [name]);
    if (isCleaned === true) allow(OF_CLEANING, 'retention or compaction', [name]);
  }
  for (const { topic, reason } of losses) {
    if (topic === OFFSETS_TOPIC) allow([...OF_FORGETTING, ...OF_COUNTING_ANEW], reason);
    else allow(OF_LOSS, reason, [topic]);
  }
  const mayOvertake = config.producers.some(({ config: { enableIdempotence, maxInFlightRequestsPerConnection } }) => enableIdempotence && maxInFlightRequestsPerConnection > 1);
  // That a leader did not know a producer is read off its log, of which the beginning may be gone.
  for (const { name, isCleaned } of config.topics) if (mayOvertake && isCleaned === true) allow(OF_OVERTAKING, 'retention or compaction took what would tell whether the leader knew the producer', [name]);
  // Who was overtaken raises its epoch, and may send again what it has no answer for.
  for (const { topic, reason } of overtakings) allow([...OF_OVERTAKING, 'duplicate'], reason, [topic]);
  if (config.producers.some((producer) => producer.config.enableIdempotence)) for (const { name, isCleaned } of config.topics) if (isCleaned === true) allow(['duplicate'], 'retention may have taken all that a leader had of the producer', [name]);
  const promises = promisedBy(config);
  const patienceMs = doClocksJump ? {} : patienceOf(config);
  return { source, ...(Object.keys(patienceMs).length === 0 ? {} : { patienceMs }), ...(allows.length === 0 ? {} : { allows }), ...(promises.length === 0 ? {} : { promises }) };
}

/** Twice the time that calls have by their process's clock, which may be slow. */
function patienceOf({ producers, consumers }: CheckConfig): NonNullable<HistoryHeader['patienceMs']> {
  const commitMs = Math.max(0, ...consumers.flatMap(({ groupId, config }) => (groupId === undefined ? [] : [config.defaultApiTimeoutMs])));
  const sendMs = Math.max(0, ...producers.map(({ config }) => sendBoundMs(config)));
  return { ...(sendMs === 0 ? {} : { send: 2 * sendMs }), ...(commitMs === 0 ? {} : { commit: 2 * commitMs }) };
}

/** What every producer, and every application of a group, promises. */
function promisedBy({ producers, consumers }: CheckConfig): string[] {
  const members = consumers.filter(({ groupId }) => groupId !== undefined);
  const all = (promise: (application: CheckedApplication) => boolean): boolean => members.length > 0 && members.every(({ application }) => application !== undefined && application.sink !== 'none' && promise(application));
  return [
    ...(producers.length > 0 && producers.every(({ config }) => config.enableIdempotence) ? ['gap-before-ack'] : []),
    ...(all((application) => commitsFirst(application) === undefined) ? ['unprocessed'] : []),
    ...(all((application) => application.sink === 'idempotent' || commitsLater(application) === undefined) ? ['reprocessed'] : []),
  ];
}
