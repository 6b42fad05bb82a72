/**
 * Everything that can be pointed at, under one name: a letter for its kind and a number. What it is in words, when it
 * happened, what caused it and what it caused.
 */
import { FIRST_MESSAGE, OUTCOMES, REPLICA_EVENT, ROOT_CAUSES, VIA } from '../model/model.ts';
import { formatSpan, formatTime } from './format.ts';
import type { Run } from './run.ts';

/** Kinds by letter, in the order in which events of one instant are listed. */
export const KINDS = { f: 'fault', l: 'process', m: 'message', x: 'connection', t: 'state', r: 'replica', g: 'controller', s: 'send', d: 'outcome', p: 'poll', k: 'client', v: 'violation' } as const;
export type Kind = keyof typeof KINDS;

export interface Described {
  readonly id: string;
  readonly kind: (typeof KINDS)[Kind];
  readonly atUs: number;
  /** -1 for what is at no node. */
  readonly node: number;
  readonly title: string;
  /** A message or a root cause, as in the model; -1 when nothing more is known. */
  readonly cause: number;
  readonly via: number;
  /** More facts, each a name and a value. */
  readonly facts: readonly (readonly [string, string])[];
  readonly tone: 'plain' | 'good' | 'bad' | 'warn';
}

export function kindOf(id: string): Kind | undefined {
  return id !== '' && id.charAt(0) in KINDS ? (id.charAt(0) as Kind) : undefined;
}

export function numberOf(id: string): number {
  return Number(id.slice(1).split('.')[0]);
}

/** Undefined for an id that is none of this run. */
export function describe(run: Run, id: string): Described | undefined {
  const i = numberOf(id);
  const kind = kindOf(id);
  if (kind === undefined || !Number.isInteger(i) || i < 0) return undefined;
  const { tables, meta } = run;
  const base = { id, kind: KINDS[kind], via: 0, cause: -1, facts: [], tone: 'plain' } as const;
  switch (kind) {
    case 'm':
      return i < tables.messages.rows ? message(run, id, i) : undefined;
    case 't': {
      const { transitions } = tables;
      if (i >= transitions.rows) return undefined;
      const machine = meta.machines[transitions.machine[i] as number];
      const before = transitions.before[i] as number;
      const after = run.word(transitions.after[i] as number);
      return { ...base, atUs: transitions.atUs[i] as number, node: machine?.node ?? 0, cause: transitions.cause[i] as number, via: transitions.via[i] as number,
        title: before < 0 ? `${machine?.name ?? ''} starts in ${after}` : `${machine?.name ?? ''}: ${run.word(before)} → ${after} (${run.word(transitions.event[i] as number)})` };
    }
    case 'r':
      return i < tables.replicaEvents.rows ? replicaEvent(run, id, i) : undefined;
    case 'g': {
      const { registrations } = tables;
      if (i >= registrations.rows) return undefined;
      const { leader, leaderEpoch, isr, elr } = run.replicas.registration(i);
      return { ...base, atUs: registrations.atUs[i] as number, node: leader, cause: registrations.cause[i] as number, via: registrations.via[i] as number,
        title: `committed for ${meta.partitions[registrations.partition[i] as number] ?? ''}: leader ${leader < 0 ? 'none' : run.nodeName(leader)}, leader epoch ${leaderEpoch}, ISR ${isr.map((node) => run.nodeName(node)).join(', ')}${elr.length === 0 ? '' : `, ELR ${elr.map((node) => run.nodeName(node)).join(', ')}`}` };
    }
    case 's':
    case 'd':
      return i < tables.sends.rows ? send(run, id, i) : undefined;
    case 'p': {
      const { polls } = tables;
      if (i >= polls.rows) return undefined;
      return { ...base, atUs: polls.atUs[i] as number, node: polls.node[i] as number, cause: polls.cause[i] as number, via: polls.via[i] as number,
        title: `poll returns ${polledWords(run, i)} of ${meta.partitions[polls.partition[i] as number] ?? ''}, served by ${run.nodeName(polls.from[i] as number)}` };
    }
    case 'x': {
      const { resets } = tables;
      if (i >= resets.rows) return undefined;
      return { ...base, atUs: resets.atUs[i] as number, node: resets.node[i] as number, cause: resets.cause[i] as number, via: resets.via[i] as number, tone: 'warn',
        title: `connection to ${run.nodeName(resets.peer[i] as number)} lost: ${run.word(resets.reason[i] as number)}` };
    }
    case 'l': {
      const life = meta.lives[i];
      return life === undefined ? undefined : { ...base, atUs: life.atUs, node: life.node, title: `${run.nodeName(life.node)} ${life.words}`, tone: life.kind === 'started' ? 'plain' : 'bad' };
    }
    case 'f': {
      const applied = meta.faults[i];
      if (applied === undefined) return undefined;
      const node = 'node' in applied.fault ? meta.nodes.findIndex(({ name }) => name === (applied.fault as { node: string }).node) : -1;
      const fromUs = applied.fault.atMs * 1_000;
      return { ...base, atUs: fromUs, node, title: `fault: ${meta.faultWords[i] ?? ''}`, tone: 'warn',
        facts: [['outcome', applied.outcome === 'applied' ? 'took effect' : `no effect: ${applied.reason ?? ''}`], ['over', formatTime(meta.faultEndsUs[i] ?? fromUs)]] };
    }
    case 'k': {
      const remark = meta.remarks[i];
      return remark === undefined ? undefined : { ...base, atUs: remark.atUs, node: remark.node, cause: remark.cause, title: `${remark.kind}: ${remark.words}` };
    }
    case 'v': {
      const verdict = meta.verdicts[i];
      const evidence = verdict?.evidence[Number(id.split('.')[1] ?? 0)];
      if (verdict === undefined || evidence === undefined) return undefined;
      const facts = Object.entries(evidence.details).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)] as const);
      return { ...base, atUs: evidence.atUs, node: -1, title: `${verdict.property} is violated: ${evidence.sentence}`, facts: [['claim', verdict.claim], ...facts], tone: 'bad' };
    }
    default:
      return undefined;
  }
}

function message(run: Run, id: string, i: number): Described {
  const { messages } = run.tables;
  const sentUs = messages.sentAtUs[i] as number;
  const handledUs = messages.handledAtUs[i] as number;
  const fate = handledUs >= 0
    ? `handled after ${formatSpan(handledUs - sentUs)}, at ${formatTime(handledUs)}`
    : run.isKnownLost(i) ? 'lost' : 'never handled: its connection broke, or the run ended first';
  return {
    id, kind: 'message', atUs: sentUs, node: run.from[i] as number, cause: messages.cause[i] as number, via: messages.via[i] as number,
    title: `${run.typeOf(i)} ${run.nodeName(run.from[i] as number)} → ${run.nodeName(run.to[i] as number)}`,
    facts: [['fate', `${fate}${run.isStalled(i) ? '; stalled on the way' : ''}${run.isCopy(i) ? '; a copy that the network made' : ''}`]],
    tone: handledUs < 0 ? 'bad' : run.isStalled(i) || run.isCopy(i) ? 'warn' : 'plain',
  };
}

function replicaEvent(run: Run, id: string, i: number): Described {
  const { replicaEvents, batches } = run.tables;
  const { meta } = run;
  const replica = meta.replicas[replicaEvents.replica[i] as number];
  const value = replicaEvents.value[i] as number;
  const of = meta.partitions[replica?.partition ?? 0] ?? '';
  const words = ((): string => {
    switch (replicaEvents.kind[i]) {
      case REPLICA_EVENT.append: {
        const first = batches.baseOffset[value] as number;
        const count = batches.count[value] as number;
        return `appends ${count === 1 ? `offset ${first}` : `offsets ${first} to ${first + count - 1}`} of leader epoch ${batches.epoch[value] as number}`;
      }
      case REPLICA_EVENT.truncate:
        return `truncates its log to offset ${value}`;
      case REPLICA_EVENT.lose:
        return `loses its log from offset ${value} on`;
      case REPLICA_EVENT.highWatermark:
        return `high watermark ${value}`;
      case REPLICA_EVENT.logStart:
        return `log starts at ${value}`;
      case REPLICA_EVENT.flushed:
        return `has flushed its log up to ${value}`;
      case REPLICA_EVENT.epoch:
        return value < 0 ? 'stops' : `acts as ${value % 2 === 1 ? 'leader' : 'follower'} in leader epoch ${value >> 1}`;
      default:
        return `log ends at ${value}`;
    }
  })();
  const isLoss = replicaEvents.kind[i] === REPLICA_EVENT.truncate || replicaEvents.kind[i] === REPLICA_EVENT.lose;
  return { id, kind: 'replica', atUs: replicaEvents.atUs[i] as number, node: replica?.node ?? 0, cause: replicaEvents.cause[i] as number, via: replicaEvents.via[i] as number, title: `${of}: ${words}`, facts: [], tone: isLoss ? 'bad' : 'plain' };
}

function send(run: Run, id: string, i: number): Described {
  const { sends } = run.tables;
  const isEnd = id.startsWith('d');
  const value = quoted(run.text(sends.value[i] as number));
  const key = run.text(sends.key[i] as number);
  const outcome = OUTCOMES[sends.outcome[i] as number] ?? 'unknown';
  const doneUs = sends.doneAtUs[i] as number;
  const place = (sends.partition[i] as number) < 0 ? '' : ` at ${run.meta.partitions[sends.partition[i] as number] ?? ''}${(sends.offset[i] as number) < 0 ? '' : ` offset ${sends.offset[i] as number}`}`;
  const error = (sends.error[i] as number) < 0 ? '' : `: ${run.word(sends.error[i] as number)}`;
  const end = doneUs < 0 ? 'no callback' : `${outcome}${place}${error}`;
  return {
    id, kind: isEnd ? 'outcome' : 'send', atUs: isEnd ? doneUs : (sends.atUs[i] as number), node: sends.node[i] as number, cause: isEnd ? (sends.cause[i] as number) : ROOT_CAUSES.indexOf('application'), via: 0,
    title: isEnd ? `send of ${value} completes: ${end}` : `send ${key === null ? '' : `${quoted(key)}: `}${value} to ${run.word(sends.topic[i] as number)}`,
    facts: [['acks', sends.acks[i] === -1 ? 'all' : String(sends.acks[i])], ['outcome', doneUs < 0 ? end : `${end}, at ${formatTime(doneUs)}`]],
    tone: outcome === 'ok' ? 'good' : outcome === 'fail' ? 'warn' : 'plain',
  };
}

export function quoted(text: string | null): string {
  return text === null ? 'null' : JSON.stringify(text);
}

function polledWords(run: Run, poll: number): string {
  const { polls, polledRecords, sends } = run.tables;
  const first = polls.firstRecord[poll] as number;
  const count = polls.count[poll] as number;
  const shown = Math.min(3, count);
  const words: string[] = [];
  for (let i = first; i < first + shown; i += 1) {
    const from = polledRecords.send[i] as number;
    words.push(`${polledRecords.offset[i] as number}${from < 0 ? '' : ` ${quoted(run.text(sends.value[from] as number))}`}`);
  }
  return `${count === 1 ? 'offset' : 'offsets'} ${words.join(', ')}${count > shown ? ` and ${count - shown} more` : ''}`;
}

/** Why something happened, in words. */
export function causeWords(run: Run, { cause, via }: Pick<Described, 'cause' | 'via'>): string {
  if (cause < 0) return '';
  const how = via === VIA.timer ? 'a timer, armed by ' : via === VIA.disk ? 'a flush, asked for by ' : '';
  if (cause < FIRST_MESSAGE) return `${how}${ROOT_CAUSES[cause] ?? ''}`;
  return `${how}${describe(run, `m${cause - FIRST_MESSAGE}`)?.title ?? ''}`;
}
