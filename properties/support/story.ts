/**
 * A trace that reads like a story: who leads, what is appended, replicated, cut and acknowledged, what the controller
 * commits and what the client is told, in Kafka's words. For golden traces; ids and numbers are ours.
 *
 *   005020ms  app -> broker-3  ProduceRequest orders-0 [m2] acks=-1
 *   007646ms  broker-1/orders-0  truncated to offset 1: [m2] cut off
 *
 * Left out: polls that bring nothing, heartbeats, metadata on its way, and how the cluster came up.
 */
import type { ApiRequest, ApiResponse } from '../../src/kafka/api.ts';
import { CLUSTER_METADATA_TOPIC } from '../../src/kafka/api.ts';
import type { Verdict } from '../../src/history/verdict.ts';
import type { ClientObservation } from '../../src/history/observations.ts';
import type { Effect } from '../../src/kernel/effects.ts';
import type { TraceLine } from '../../src/kernel/trace.ts';
import type { PartitionLog } from '../../src/kafka/log.ts';
import { isInternal } from '../../src/kafka/group/partition.ts';
import type { RecordBatch } from '../../src/kafka/records.ts';
import type { PartitionRegistration } from '../../src/kafka/metadata.ts';
import { CLEAN_SHUTDOWN_FILE } from '../../src/actors/broker/clean-shutdown.ts';
import { describeOperation } from '../../src/scenarios/administration.ts';
import type { AdminOperation } from '../../src/scenarios/administration.ts';
import { describeFault } from '../../src/scenarios/faults.ts';
import type { ScenarioFault } from '../../src/scenarios/faults.ts';
import { ControllerStory } from './controller-story.ts';
import { GroupStory } from './group-story.ts';

/** Told by the node itself. */
const OF_PROCESSES: readonly ScenarioFault['kind'][] = ['crash', 'stop', 'powerLoss', 'wipe'];
const CUTS = ['follower truncated', 'follower started over'];
/** Said elsewhere, with more to it. */
const TOLD_OTHERWISE = ['became leader', 'follower truncated', 'segment rolled'];

interface Told {
  readonly atUs: number;
  readonly text: string;
}

interface Plot {
  readonly faults?: readonly ScenarioFault[];
  readonly admin?: readonly AdminOperation[];
}

export class Story {
  private readonly told: Told[] = [];
  private readonly admin: readonly AdminOperation[];
  private readonly controller = new ControllerStory();
  /** Values under way, by producer and id of the send. */
  private readonly sends = new Map<string, string>();
  /** Each replica's log as it was written last, by node and file. */
  private readonly logs = new Map<string, PartitionLog>();
  /** What a fetch brought last, by link. */
  private readonly fetched = new Map<string, string>();
  private readonly group = new GroupStory();
  /** `leader of leader epoch`, by replica, as it was told last. */
  private readonly leaderships = new Map<string, string>();

  constructor({ faults = [], admin = [] }: Plot = {}) {
    this.admin = admin;
    for (const fault of faults) {
      if (OF_PROCESSES.includes(fault.kind)) continue;
      this.told.push({ atUs: fault.atMs * 1_000, text: `fault  ${describeFault(fault)}` });
      if ('forMs' in fault) this.told.push({ atUs: (fault.atMs + fault.forMs) * 1_000, text: `fault  over: ${describeFault(fault)}` });
    }
  }

  /** By time; what happens in one instant in the order in which it did. */
  get lines(): string[] {
    return this.told.toSorted((a, b) => a.atUs - b.atUs).map(({ atUs, text }) => `${String(Math.floor(atUs / 1_000)).padStart(6, '0')}ms  ${text}`);
  }

  readonly tell = (line: TraceLine): void => {
    const where = line.machine === '' ? line.node : `${line.node}/${line.machine}`;
    const say = (text: string): void => void this.told.push({ atUs: line.atUs, text });
    if (line.machine === '') {
      if (line.atUs > 0) say(`${line.node}  ${ofProcess(line.event)}`);
      return;
    }
    const message = line.from === undefined || line.machine === 'consumer' ? undefined : describe(line.detail as ApiRequest | ApiResponse);
    if (message !== undefined && (this.controller.isUp || line.machine !== 'raft') && this.isNews(line, message)) say(`${line.from} -> ${line.node}  ${line.event} ${message}`);
    if (line.event === 'partition.changed') this.leadership(where, line.detail as { registration: PartitionRegistration }, say);
    if (line.machine === 'raft') for (const each of this.controller.tell(line)) say(each);
    for (const effect of line.effects) {
      const done = this.describeEffect(effect, line);
      if (done !== undefined) say(`${effect.kind === 'observe' ? line.node : where}  ${done}`);
    }
  };

  /** Tells what was violated when it was, each kind of it once, and at the end what every property came to. */
  judge(verdicts: readonly Verdict[], endUs: number): void {
    for (const { property, evidence } of verdicts) {
      const kinds = new Set<string>();
      for (const { sentence, atUs } of evidence) {
        if (kinds.size < kinds.add(sentence.replaceAll(/"[^"]*"|[0-9]+/g, '#').replace(/:.*$/s, '')).size) this.told.push({ atUs, text: `VIOLATED  ${property}: ${sentence}` });
      }
    }
    for (const { property, verdict, note } of verdicts) {
      if (note !== undefined) this.told.push({ atUs: endUs, text: `${verdict}  ${property} (${note})` });
    }
    for (const kind of ['violated', 'held', 'vacuous'] as const) {
      const plainly = verdicts.filter(({ verdict, note }) => verdict === kind && note === undefined).map(({ property }) => property);
      if (plainly.length > 0) this.told.push({ atUs: endUs, text: `${kind}  ${plainly.join(', ')}` });
    }
  }

  /** What a replica learns of who leads, when that is news to it; not how it began. */
  private leadership(where: string, { registration: { leader, leaderEpoch } }: { readonly registration: PartitionRegistration }, say: (text: string) => void): void {
    const now = `${leader === -1 ? 'has no leader' : where.startsWith(`broker-${leader}/`) ? 'leads' : `follows broker-${leader}`} in leader epoch ${leaderEpoch}`;
    const before = this.leaderships.get(where);
    this.leaderships.set(where, now);
    if (before !== undefined && before !== now) say(`${where}  ${now}`);
  }

  /** A fetch that is refused is sent again, and refused again. */
  private isNews({ event, from, node }: TraceLine, message: string): boolean {
    if (event !== 'FetchResponse') return true;
    const link = `${from} -> ${node}`;
    const isTold = this.fetched.get(link) === message;
    this.fetched.set(link, message);
    return !isTold;
  }

  private describeEffect(effect: Effect, { node, effects }: TraceLine): string | undefined {
    if (effect.kind === 'write' && effect.file.endsWith('/log') && !effect.file.startsWith('__')) {
      const isCut = effects.some((each) => each.kind === 'mark' && CUTS.includes(each.label));
      return this.written(`${node}/${effect.file}`, effect.content as unknown as PartitionLog, isCut);
    }
    if (effect.kind === 'mark') return TOLD_OTHERWISE.includes(effect.label) || (!this.controller.isUp && effect.label.startsWith('raft')) ? undefined : effect.label;
    if (effect.kind === 'replace' && effect.file === CLEAN_SHUTDOWN_FILE) return 'leaves its clean-shutdown marker';
    if (effect.kind === 'observe') return this.observed(effect.observation as ClientObservation, node);
    return undefined;
  }

  /** Appends are told by the messages that bring them. */
  private written(file: string, log: PartitionLog, isCut: boolean): string | undefined {
    const before = this.logs.get(file);
    this.logs.set(file, log);
    if (before === undefined || before.logEndOffset <= log.logEndOffset) return undefined;
    const cut = before.read(log.logEndOffset, before.logEndOffset, Number.MAX_SAFE_INTEGER, true);
    return isCut ? `truncated to offset ${log.logEndOffset}: ${cut.map(values).join(' ')} cut off` : `begins at offset ${log.logEndOffset}: the disk has lost ${cut.map(values).join(' ')}`;
  }

  private observed(observation: ClientObservation, node: string): string | undefined {
    switch (observation.type) {
      case 'send.invoked':
        this.sends.set(`${node} ${observation.sendId}`, plain(observation.value));
        return undefined;
      case 'send.completed': {
        const value = this.sends.get(`${node} ${observation.sendId}`) as string;
        const { outcome, partition, offset, errorCode } = observation;
        if (outcome === 'ok') return `acknowledged: ${value}${offset < 0 ? '' : ` at offset ${offset} of partition ${partition}`}`;
        return `${outcome === 'fail' ? 'failed' : 'nobody knows of'}: ${value} ${errorCode}`;
      }
      case 'poll':
        return `reads ${observation.topic}-${observation.partition} ${observation.records.map(({ offset, value }) => `${plain(value)}@${offset}`).join(' ')}`;
      case 'position.reset':
        return observation.reason === 'initial' ? undefined : `position of ${observation.topic}-${observation.partition} reset from ${observation.from} to ${observation.to}: ${observation.reason}`;
      case 'admin.invoked':
        return observation.operationId < 0 ? undefined : describeOperation(this.admin[observation.operationId] as AdminOperation);
      case 'admin.completed': {
        const { operationId, outcome, errorCode, results } = observation;
        if (operationId < 0) return undefined;
        const errors = [errorCode, ...results.map((each) => each.errorCode)].filter((code) => code !== 'NONE');
        return `${outcome}: ${describeOperation(this.admin[operationId] as AdminOperation)} ${errors.join(' ')}`.trimEnd();
      }
      default:
        return this.group.tell(observation, node);
    }
  }
}

/** The life of a process: `start`, `crash: reason`, `power loss`. */
function ofProcess(event: string): string {
  const [, reason] = /^crash: (.*)$/.exec(event) ?? [];
  return reason === undefined ? event : reason === 'fault' ? 'crash' : `ends: ${reason}`;
}

/** What a message says, undefined when it is not worth a line. */
function describe(message: ApiRequest | ApiResponse): string | undefined {
  switch (message.type) {
    case 'ProduceRequest':
      return `${message.topicData.flatMap(({ name, partitionData }) => partitionData.map(({ index, records }) => `${name}-${index} ${values(records)}`)).join(' ')} acks=${message.acks}`;
    case 'ProduceResponse':
      return said(message.responses.flatMap(({ name, partitionResponses }) => partitionResponses.flatMap(({ index, errorCode }) => (errorCode === 'NONE' ? [] : [`${name}-${index} ${errorCode}`]))));
    case 'FetchResponse':
      return said(message.responses.flatMap(({ topic, partitions }) =>
        topic === CLUSTER_METADATA_TOPIC || isInternal(topic) ? [] : partitions.flatMap(({ partitionIndex, errorCode, divergingEpoch, highWatermark, records }) => {
          const partition = `${topic}-${partitionIndex}`;
          if (errorCode !== 'NONE') return [`${partition} ${errorCode}`];
          if (divergingEpoch !== undefined) return [`${partition} diverging: leader epoch ${divergingEpoch.epoch} ends at ${divergingEpoch.endOffset}`];
          return (records as readonly RecordBatch[]).map((batch) => `${partition} ${values(batch)}@${batch.baseOffset} of leader epoch ${batch.partitionLeaderEpoch}, hw=${highWatermark}`);
        })));
    case 'OffsetForLeaderEpochRequest':
      if (message.replicaId < 0) return undefined;
      return said(message.topics.flatMap(({ topic, partitions }) => partitions.map(({ partition, leaderEpoch }) => `${topic}-${partition}: where does leader epoch ${leaderEpoch} end?`)));
    case 'OffsetForLeaderEpochResponse':
      return said(message.topics.flatMap(({ topic, partitions }) => partitions.map(({ partition, errorCode, leaderEpoch, endOffset }) => `${topic}-${partition}: ${errorCode === 'NONE' ? `leader epoch ${leaderEpoch} ends at ${endOffset}` : errorCode}`)));
    case 'AlterPartitionRequest':
      return message.topics.flatMap(({ topicName, partitions }) => partitions.map((each) => `${topicName}-${each.partitionIndex} isr=[${each.newIsrWithEpochs.map(({ brokerId }) => brokerId).join()}]${brokerEpochs(each.newIsrWithEpochs)} in partition epoch ${each.partitionEpoch}`)).join(' ');
    case 'AlterPartitionResponse':
      return said(message.topics.flatMap(({ topicName, partitions }) => partitions.flatMap((each) => (each.errorCode === 'NONE' ? [] : [`${topicName}-${each.partitionIndex} ${each.errorCode}`]))));
    case 'VoteRequest':
      return `${message.preVote ? 'pre-vote ' : ''}epoch ${message.replicaEpoch}, log ends at ${message.lastOffset} in epoch ${message.lastOffsetEpoch}`;
    case 'VoteResponse':
      return `${message.voteGranted ? 'granted' : 'refused'} in epoch ${message.leaderEpoch}`;
    case 'EndQuorumEpochRequest':
      return `epoch ${message.leaderEpoch} is over`;
    default:
      return undefined;
  }
}

function brokerEpochs(isr: readonly { readonly brokerEpoch: number }[]): string {
  return isr.every(({ brokerEpoch }) => brokerEpoch < 0) ? '' : ` of broker epochs [${isr.map(({ brokerEpoch }) => brokerEpoch).join()}]`;
}

function said(parts: readonly string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join(' ');
}

function values(batch: RecordBatch): string {
  return `[${batch.records.map(({ value }) => plain(value ?? 'null')).join(', ')}]`;
}

/** Without the mark that makes it unique. */
function plain(value: string): string {
  return value.replace(/ #.*$/, '');
}
