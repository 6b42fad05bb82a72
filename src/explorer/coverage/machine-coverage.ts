/**
 * What of the shipped machines a run reaches: transitions, states, and both outcomes of each guard; read off the compiled
 * engine's counts before and after it. The engine counts for the whole process, so runs are told apart one after the other;
 * a point's number is the same in every process, since it stands for a place in the machines' configs.
 */
import { present } from '../../kernel/assert.ts';
import { compiledEngine } from '../../kernel/statechart/engines.ts';
import type { PathCoverage } from '../../kernel/statechart/compiler.ts';
import { loadPrograms } from '../../scenarios/cluster.ts';
import { MachineTable, type AskedGuard, type Transition } from './machine-table.ts';

export type PointKind = 'transition' | 'state' | 'guard';

/** Something of a machine that a run reaches or does not. */
export interface Point extends Transition {
  readonly kind: PointKind;
  /** Of a guard: the outcome that is meant. */
  readonly outcome?: boolean;
}

interface Watched {
  readonly table: MachineTable;
  readonly firstRow: number;
  /** Of a guard of the table's n-th row: this plus 2n, and one more for the outcome true. */
  readonly firstGuard: number;
  /** Number of the point of each state. */
  readonly states: ReadonlyMap<string, number>;
  readonly program: ReturnType<typeof compiledEngine.load>;
}

export class MachineCoverage {
  /** Transitions first, as many as `transitionCount`; then states, then outcomes of guards. Guards that a row lacks have no point. */
  readonly points: readonly Point[];
  readonly transitionCount: number;
  private readonly watched: readonly Watched[];
  private readonly hitsBefore = new Map<string, number>();
  /** Points of a path, by its key: a path never changes. */
  private readonly pointsOf = new Map<string, readonly number[]>();
  /** From numbers of guards over all rows to numbers of points. */
  private readonly guardPoints = new Map<number, number>();

  constructor() {
    const tables = Object.entries(loadPrograms('compiled')).map(([name, { machine }]) => ({ name, table: new MachineTable(machine.id, machine), program: compiledEngine.load(machine) }));
    const points: Point[] = tables.flatMap(({ name, table }) => table.rows.map((row): Point => ({ ...row, machine: name, kind: 'transition' })));
    this.transitionCount = points.length;
    const watched: Watched[] = [];
    let firstRow = 0;
    for (const { name, table, program } of tables) {
      const states = new Map<string, number>();
      for (const state of table.states) {
        states.set(state, points.length);
        points.push({ kind: 'state', machine: name, state, event: '', guard: '', target: '' });
      }
      watched.push({ table, firstRow, firstGuard: 2 * firstRow, states, program });
      firstRow += table.rows.length;
    }
    for (const { firstRow: first, table } of watched) {
      for (const [index, row] of table.rows.entries()) {
        for (const outcome of row.guard === '' ? [] : [false, true]) {
          this.guardPoints.set(2 * (first + index) + Number(outcome), points.length);
          points.push({ ...(points[first + index] as Point), kind: 'guard', outcome });
        }
      }
    }
    this.points = points;
    this.watched = watched;
    this.takenSinceLast();
  }

  /** Numbers of the points reached since the last call, rising, each once. */
  takenSinceLast(): number[] {
    const reached = new Set<number>();
    for (const watched of this.watched) {
      for (const path of watched.program.coverage()) {
        const key = `${watched.firstRow}/${path.state}/${path.event}/${path.guards.map(({ label, outcome }) => `${label}=${String(outcome)}`).join('/')}`;
        const before = this.hitsBefore.get(key) ?? 0;
        if (path.hits === before) continue;
        this.hitsBefore.set(key, path.hits);
        let points = this.pointsOf.get(key);
        if (points === undefined) this.pointsOf.set(key, (points = this.follow(watched, path)));
        for (const point of points) reached.add(point);
      }
    }
    return [...reached].sort((a, b) => a - b);
  }

  point(number: number): Point {
    return present(this.points[number], `point ${number}`);
  }

  private follow({ table, firstRow, firstGuard, states }: Watched, path: PathCoverage): number[] {
    const asked: AskedGuard[] = [];
    const taken = table.follow(path, asked);
    const visited = [...(path.state === '' ? [] : [path.state]), ...taken.flatMap(({ from, to }) => [from, to])].flatMap((state) => states.get(state) ?? []);
    const guards = asked.flatMap(({ row, outcome }) => this.guardPoints.get(firstGuard + 2 * row + Number(outcome)) ?? []);
    return [...taken.map(({ row }) => firstRow + row), ...visited, ...guards];
  }
}

/** `replica Follower: partition.changed [isRole(Leader)] -> Leader`. */
export function describePoint({ kind, machine, state, event, guard, target, outcome }: Point): string {
  if (kind === 'state') return `${machine} ${state}`;
  const where = `${machine} ${state || '(any)'}: ${event || '(always)'}`;
  return kind === 'guard' ? `${where} [${guard}] ${String(outcome)}` : `${where}${guard === '' ? '' : ` [${guard}]`} -> ${target || '(stays)'}`;
}
