/**
 * All events of a run in one order, to step through and to list. Messages come sorted; the few others are merged in.
 */
import type { Filter } from './filter.ts';
import { KINDS, type Kind } from './events.ts';
import type { Run } from './run.ts';
import { lowerBound } from './search.ts';

const LETTERS = Object.keys(KINDS) as Kind[];

export class EventIndex {
  readonly times: Float64Array;
  private readonly kinds: Uint8Array;
  private readonly numbers: Int32Array;
  private readonly evidence: readonly string[];

  constructor(run: Run) {
    const { tables, meta } = run;
    const entries: { atUs: number; kind: number; number: number }[] = [];
    const add = (kind: Kind, count: number, atUs: (i: number) => number): void => {
      for (let i = 0; i < count; i += 1) {
        const at = atUs(i);
        if (at >= 0) entries.push({ atUs: at, kind: LETTERS.indexOf(kind), number: i });
      }
    };
    add('f', meta.faults.length, (i) => (meta.faults[i]?.fault.atMs ?? 0) * 1_000);
    add('l', meta.lives.length, (i) => meta.lives[i]?.atUs ?? 0);
    add('x', tables.resets.rows, (i) => tables.resets.atUs[i] as number);
    add('t', tables.transitions.rows, (i) => tables.transitions.atUs[i] as number);
    add('r', tables.replicaEvents.rows, (i) => tables.replicaEvents.atUs[i] as number);
    add('g', tables.registrations.rows, (i) => tables.registrations.atUs[i] as number);
    add('s', tables.sends.rows, (i) => tables.sends.atUs[i] as number);
    add('d', tables.sends.rows, (i) => tables.sends.doneAtUs[i] as number);
    add('p', tables.polls.rows, (i) => tables.polls.atUs[i] as number);
    add('k', meta.remarks.length, (i) => meta.remarks[i]?.atUs ?? 0);
    const evidence = meta.verdicts.flatMap((verdict, i) => verdict.evidence.map((each, j) => ({ id: `v${i}.${j}`, atUs: each.atUs })));
    this.evidence = evidence.map(({ id }) => id);
    add('v', evidence.length, (i) => evidence[i]?.atUs ?? 0);
    entries.sort((a, b) => a.atUs - b.atUs || a.kind - b.kind || a.number - b.number);

    const { sentAtUs, rows } = tables.messages;
    const count = rows + entries.length;
    this.times = new Float64Array(count);
    this.kinds = new Uint8Array(count);
    this.numbers = new Int32Array(count);
    const messageKind = LETTERS.indexOf('m');
    for (let at = 0, message = 0, other = 0; at < count; at += 1) {
      const next = entries[other];
      const sentUs = sentAtUs[message] as number;
      if (next !== undefined && (message === rows || next.atUs < sentUs || (next.atUs === sentUs && next.kind < messageKind))) {
        this.times[at] = next.atUs;
        this.kinds[at] = next.kind;
        this.numbers[at] = next.number;
        other += 1;
      } else {
        this.times[at] = sentUs;
        this.kinds[at] = messageKind;
        this.numbers[at] = message;
        message += 1;
      }
    }
  }

  get count(): number {
    return this.times.length;
  }

  idAt(at: number): string {
    const kind = LETTERS[this.kinds[at] as number] as Kind;
    const number = this.numbers[at] as number;
    return kind === 'v' ? (this.evidence[number] as string) : `${kind}${number}`;
  }

  /** Where an event stands; -1 for none. */
  positionOf(id: string, atUs: number): number {
    for (let at = lowerBound(this.times, atUs); at < this.count && this.times[at] === atUs; at += 1) if (this.idAt(at) === id) return at;
    return -1;
  }

  /** The first event from `at` on in a direction that the filter lets through; -1 for none. */
  next(at: number, direction: 1 | -1, filter: Filter): number {
    for (let i = at; i >= 0 && i < this.count; i += direction) if (filter.passes(this.idAt(i))) return i;
    return -1;
  }
}
