/**
 * The transitions of a machine as rows: as XState reads its config, one for each candidate of each event of each state,
 * and which of them a way through a macrostep took. The compiled engine counts ways by the guards that were asked; here
 * each is followed through the table again, candidate by candidate, as XState selects them.
 *
 * For machines of one level without parallel states, as all shipped ones are; another is refused. What a state does on
 * entry is part of the transition into it.
 *
 * Source: SCXML's selectTransitions and selectEventlessTransitions, as in XState 5 (stateUtils, StateNode.next).
 */
import { assert, present } from '../../kernel/assert.ts';
import type { PathCoverage } from '../../kernel/statechart/compiler.ts';
import type { Program } from '../../kernel/statechart/engine.ts';

export interface Transition {
  readonly machine: string;
  /** Empty: of the machine as a whole, for states that say nothing of the event themselves. */
  readonly state: string;
  /** Empty: taken as soon as its guard holds (`always`). */
  readonly event: string;
  /** `isRole(Leader)`; empty without one. */
  readonly guard: string;
  /** Empty: the state stays. */
  readonly target: string;
}

/** One row taken, in the state the machine then was in. */
export interface Taken {
  /** Of the row in `MachineTable.rows`. */
  readonly row: number;
  readonly from: string;
  readonly to: string;
}

/** A guard that was asked, by the row that it belongs to, and what it said. */
export interface AskedGuard {
  readonly row: number;
  readonly outcome: boolean;
}

/** The parts of XState's resolved nodes and transitions that are read here. */
interface NodeShape {
  readonly key: string;
  readonly type: string;
  readonly transitions: ReadonlyMap<string, readonly DefinitionShape[]>;
  readonly always?: readonly DefinitionShape[];
  readonly states: Readonly<Record<string, NodeShape>>;
}
interface DefinitionShape {
  readonly guard?: string | { readonly type: string; readonly params?: unknown };
  readonly target?: readonly NodeShape[];
}

const INIT = 'xstate.init';
/** An `after` whose delay is computed: the engine asks whether it is a number. */
const DELAY_IS_A_NUMBER = 'raise';
/** Far above the longest chain of `always`. */
const MOST_MICROSTEPS = 100;

export class MachineTable {
  readonly machine: string;
  readonly rows: readonly Transition[];
  readonly initial: string;
  readonly states: readonly string[];
  private readonly rowOf = new Map<DefinitionShape, number>();
  private readonly root: NodeShape;

  constructor(machine: string, definition: Program['machine']) {
    this.machine = machine;
    this.root = definition.root as unknown as NodeShape;
    const states = Object.values(this.root.states);
    assert(states.every(({ type }) => type === 'atomic' || type === 'final'), `${machine} has one level of states`);
    const rows: Transition[] = [];
    for (const node of [...states, this.root]) {
      const state = node === this.root ? '' : node.key;
      for (const [event, candidates] of [...node.transitions, ['', node.always ?? []] as const]) {
        for (const candidate of candidates) {
          this.rowOf.set(candidate, rows.length);
          rows.push({ machine, state, event: readableEvent(event, machine), guard: guardName(candidate), target: targetOf(candidate) });
        }
      }
    }
    this.rows = rows;
    this.states = states.map(({ key }) => key);
    const { initial } = definition.config as { readonly initial?: string };
    this.initial = initial ?? machine;
  }

  /** The rows that a way through a macrostep took, in order; none when the event was not handled. `answers` gets the guards that were asked. */
  follow({ state, event, guards }: Pick<PathCoverage, 'state' | 'event' | 'guards'>, answers: AskedGuard[] = []): Taken[] {
    const where = (): string => `${this.machine}, state ${state}, event ${event}, guards ${guards.map(({ label, outcome }) => `${label}=${String(outcome)}`).join(' ')}`;
    const asked = guards.filter(({ label, outcome }) => !(label === DELAY_IS_A_NUMBER && outcome === true));
    let next = 0;
    const holds = (candidate: DefinitionShape): boolean => {
      const { guard } = candidate;
      if (guard === undefined) return true;
      const answer = present(asked[next], `an answer of the guard; ${where()}`);
      const name = typeof guard === 'string' ? guard : guard.type;
      assert(answer.label === name && typeof answer.outcome === 'boolean', () => `the guard that was asked next is ${name}, not ${answer.label}; ${where()}`);
      next += 1;
      answers.push({ row: present(this.rowOf.get(candidate), 'a row for each candidate'), outcome: answer.outcome });
      return answer.outcome;
    };
    const taken: Taken[] = [];
    let at = event === INIT ? this.initial : state;
    const take = (candidate: DefinitionShape | undefined): boolean => {
      if (candidate === undefined) return false;
      const to = targetOf(candidate) === '' ? at : targetOf(candidate);
      taken.push({ row: present(this.rowOf.get(candidate), 'a row for each candidate'), from: at, to });
      at = to;
      return true;
    };
    const candidatesOf = (type: string): readonly DefinitionShape[] => [...(this.root.states[at]?.transitions.get(type) ?? []), ...(this.root.transitions.get(type) ?? [])];
    const eventless = (): readonly DefinitionShape[] => [...(this.root.states[at]?.always ?? []), ...(this.root.always ?? [])];
    if (event !== INIT) take(candidatesOf(event).find(holds));
    // XState looks for what is always taken also after an event that nothing handled, but not after a step that changed nothing.
    for (let microsteps = 0; ; microsteps += 1) {
      assert(microsteps < MOST_MICROSTEPS, where);
      const candidates = eventless();
      const isAsked = next < asked.length || candidates[0]?.guard === undefined;
      if (!isAsked || !take(candidates.find(holds))) break;
    }
    assert(next === asked.length, () => `${asked.length - next} guards were asked after the last transition; ${where()}`);
    return taken;
  }
}

/** `xstate.after.socketTimeout.fetcher.Fetching` -> `after socketTimeout`. */
function readableEvent(event: string, machine: string): string {
  const after = /^xstate\.after\.(.+)$/.exec(event)?.[1];
  return after === undefined ? event : `after ${after.split(`.${machine}.`)[0] ?? after}`;
}

function guardName({ guard }: DefinitionShape): string {
  if (guard === undefined) return '';
  if (typeof guard === 'string') return guard;
  return guard.params === undefined ? guard.type : `${guard.type}(${String(guard.params)})`;
}

function targetOf({ target }: DefinitionShape): string {
  return target?.[0]?.key ?? '';
}
