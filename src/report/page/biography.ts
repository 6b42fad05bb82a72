/**
 * The life of what stood at one offset of a partition: sent, appended here and there, acknowledged, read, cut off. All
 * records that ever stood at that offset are told apart by their leader epoch and value.
 */
import { OUTCOMES } from '../model/model.ts';
import { describe } from './events.ts';
import type { Run } from './run.ts';

export interface Chapter {
  /** An event of the run. */
  readonly id: string;
  readonly atUs: number;
  readonly words: string;
  readonly tone: 'plain' | 'good' | 'bad';
}

export interface RecordLife {
  readonly epoch: number;
  readonly value: string | null;
  readonly key: string | null;
  readonly send: number;
  readonly isAcknowledged: boolean;
  readonly chapters: readonly Chapter[];
}

/** One per record that was ever appended at `offset`, in the order of their leader epochs. */
export function livesAt(run: Run, partition: number, offset: number): RecordLife[] {
  const { batches, records, sends } = run.tables;
  const byBatch = new Map<number, Chapter[]>();
  for (const replica of run.replicas.of(partition)) {
    for (const stay of replica.staysAt(offset)) {
      const chapters = byBatch.get(stay.batch) ?? [];
      byBatch.set(stay.batch, chapters);
      const isLeader = replica.epoch.at(stay.fromUs, -1) % 2 === 1;
      chapters.push({ id: `r${stay.addedBy}`, atUs: stay.fromUs, words: `${run.nodeName(replica.node)} appends it as ${isLeader ? 'leader' : 'follower'}`, tone: 'plain' });
      if (stay.removedBy >= 0) {
        const why = describe(run, `r${stay.removedBy}`)?.title.replace(/^.*?: /, '') ?? 'cuts it off';
        chapters.push({ id: `r${stay.removedBy}`, atUs: stay.toUs, words: `${run.nodeName(replica.node)} ${why}: it is gone there`, tone: 'bad' });
      }
    }
  }
  return [...byBatch].map(([batch, chapters]): RecordLife => {
    const send = records.send[(batches.firstRecord[batch] as number) + offset - (batches.baseOffset[batch] as number)] ?? -1;
    const isAcknowledged = send >= 0 && OUTCOMES[sends.outcome[send] as number] === 'ok';
    return {
      epoch: batches.epoch[batch] as number, value: send < 0 ? null : run.text(sends.value[send] as number), key: send < 0 ? null : run.text(sends.key[send] as number), send, isAcknowledged,
      chapters: [...chapters, ...(send < 0 ? [] : ofClients(run, send, partition, offset))].sort((a, b) => a.atUs - b.atUs),
    };
  }).sort((a, b) => a.epoch - b.epoch || (a.chapters[0]?.atUs ?? 0) - (b.chapters[0]?.atUs ?? 0));
}

function ofClients(run: Run, send: number, partition: number, offset: number): Chapter[] {
  const { sends, polls, polledRecords } = run.tables;
  const producer = run.nodeName(sends.node[send] as number);
  const acks = sends.acks[send] === -1 ? 'all' : String(sends.acks[send]);
  const chapters: Chapter[] = [{ id: `s${send}`, atUs: sends.atUs[send] as number, words: `${producer} sends it with acks=${acks}`, tone: 'plain' }];
  const doneUs = sends.doneAtUs[send] as number;
  const outcome = OUTCOMES[sends.outcome[send] as number];
  if (doneUs >= 0) {
    chapters.push({ id: `d${send}`, atUs: doneUs, words: outcome === 'ok' ? `it is acknowledged to ${producer}` : `${producer} learns: ${outcome ?? ''}`, tone: outcome === 'ok' ? 'good' : 'plain' });
  }
  for (let poll = 0; poll < polls.rows; poll += 1) {
    if (polls.partition[poll] !== partition) continue;
    const first = polls.firstRecord[poll] as number;
    const last = first + (polls.count[poll] as number);
    for (let i = first; i < last; i += 1) {
      if (polledRecords.offset[i] === offset && polledRecords.send[i] === send) chapters.push({ id: `p${poll}`, atUs: polls.atUs[poll] as number, words: `${run.nodeName(polls.node[poll] as number)} reads it from ${run.nodeName(polls.from[poll] as number)}`, tone: 'plain' });
    }
  }
  return chapters;
}

/** When the record at an offset of a batch was acknowledged; -1 when it never was. */
export function acknowledgedAtUs(run: Run, batch: number, offset: number): number {
  const { batches, records, sends } = run.tables;
  const send = records.send[(batches.firstRecord[batch] as number) + offset - (batches.baseOffset[batch] as number)] ?? -1;
  return send >= 0 && OUTCOMES[sends.outcome[send] as number] === 'ok' ? (sends.doneAtUs[send] as number) : -1;
}
