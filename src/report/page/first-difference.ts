/**
 * Where two runs part: their events side by side in the order of time, up to the first that differs. Runs of one seed with
 * another plan are equal until the first thing that the difference caused. After it much may be the same still, because
 * fates are keyed: which messages both runs have says what the difference changed.
 */
import { describe, kindOf, numberOf } from './events.ts';
import type { EventIndex } from './index-of-events.ts';
import type { Run } from './run.ts';

export interface Difference {
  /** How many messages are equal from the start on. */
  readonly equal: number;
  /** The moment of the first event that differs, in the run in which it is earlier; Infinity when all are equal. */
  readonly atUs: number;
  /** What happened first that differs, in this run and in the other; empty where nothing did at that moment. */
  readonly ids: readonly [string, string];
}

interface Indexed {
  readonly run: Run;
  readonly index: EventIndex;
}

export function firstDifference(one: Indexed, other: Indexed): Difference {
  const names = new Names(one.run, other.run);
  let equal = 0;
  for (let i = nextEvent(one, 0), j = nextEvent(other, 0); ; i = nextEvent(one, i + 1), j = nextEvent(other, j + 1)) {
    const [aUs, bUs] = [one.index.times[i] ?? Infinity, other.index.times[j] ?? Infinity];
    if (aUs === Infinity && bUs === Infinity) return { equal, atUs: Infinity, ids: ['', ''] };
    const [a, b] = [aUs === Infinity ? '' : one.index.idAt(i), bUs === Infinity ? '' : other.index.idAt(j)];
    if (aUs !== bUs || !isSameEvent(one.run, a, other.run, b, names)) return { equal, atUs: Math.min(aUs, bUs), ids: [aUs <= bUs ? a : '', bUs <= aUs ? b : ''] };
    if (kindOf(a) === 'm') equal += 1;
  }
}

/** Violations are what was said of a run: nothing that happened in it. */
function nextEvent({ index }: Indexed, from: number): number {
  let at = from;
  while (at < index.count && kindOf(index.idAt(at)) === 'v') at += 1;
  return at;
}

function isSameEvent(one: Run, a: string, other: Run, b: string, names: Names): boolean {
  if (kindOf(a) !== kindOf(b)) return false;
  if (kindOf(a) === 'm') return isSame(one, numberOf(a), other, numberOf(b), names);
  const [x, y] = [describe(one, a), describe(other, b)];
  return x !== undefined && y !== undefined && x.title === y.title && one.nodeName(x.node) === other.nodeName(y.node);
}

/** By message of `one`: 1 where `other` has one of the same type, between the same nodes, sent and handled at the same moments. */
export function sharedMessages(one: Run, other: Run): Uint8Array {
  const a = one.tables.messages;
  const b = other.tables.messages;
  const names = new Names(one, other);
  const shared = new Uint8Array(a.rows);
  const taken = new Uint8Array(b.rows);
  let first = 0;
  for (let i = 0; i < a.rows; i += 1) {
    const sentUs = a.sentAtUs[i] as number;
    while (first < b.rows && (b.sentAtUs[first] as number) < sentUs) first += 1;
    for (let j = first; j < b.rows && b.sentAtUs[j] === sentUs; j += 1) {
      if (taken[j] !== 0 || !isSame(one, i, other, j, names)) continue;
      taken[j] = 1;
      shared[i] = 1;
      break;
    }
  }
  return shared;
}

/** Numbers of `one`'s nodes and types as the other run numbers them; -1 for what it does not have. */
class Names {
  readonly nodes: readonly number[];
  readonly types: readonly number[];

  constructor(one: Run, other: Run) {
    this.nodes = one.meta.nodes.map(({ name }) => other.meta.nodes.findIndex((each) => each.name === name));
    this.types = one.meta.messageTypes.map((type) => other.meta.messageTypes.indexOf(type));
  }
}

/** For messages that were sent at the same moment. */
function isSame(one: Run, i: number, other: Run, j: number, { nodes, types }: Names): boolean {
  const a = one.tables.messages;
  const b = other.tables.messages;
  return a.handledAtUs[i] === b.handledAtUs[j] && types[a.type[i] as number] === b.type[j]
    && nodes[one.from[i] as number] === other.from[j] && nodes[one.to[i] as number] === other.to[j];
}
