/**
 * Which transitions of the shipped machines a run takes, read off the compiled engine's counts before and after it. The
 * engine counts for the whole process, so runs are told apart one after the other; a row's number is the same in every
 * thread, since it stands for a place in the machines' configs.
 */
import { present } from '../../src/kernel/assert.ts';
import { compiledEngine } from '../../src/kernel/statechart/engines.ts';
import { loadPrograms } from '../../src/scenarios/cluster.ts';
import { MachineTable, type Transition } from './table.ts';

interface Watched {
  readonly table: MachineTable;
  readonly firstRow: number;
  readonly program: ReturnType<typeof compiledEngine.load>;
}

export class TransitionCoverage {
  /** Of all machines. */
  readonly rows: readonly Transition[];
  private readonly watched: readonly Watched[];
  private readonly hitsBefore = new Map<string, number>();

  constructor() {
    const watched: Watched[] = [];
    const rows: Transition[] = [];
    for (const [name, { machine }] of Object.entries(loadPrograms('compiled'))) {
      const table = new MachineTable(machine.id, machine);
      watched.push({ table, firstRow: rows.length, program: compiledEngine.load(machine) });
      rows.push(...table.rows.map((row) => ({ ...row, machine: name })));
    }
    this.watched = watched;
    this.rows = rows;
    this.takenSinceLast();
  }

  /** Numbers of the rows taken since the last call, rising, each once. */
  takenSinceLast(): number[] {
    const taken = new Set<number>();
    for (const { table, firstRow, program } of this.watched) {
      for (const path of program.coverage()) {
        const key = `${firstRow}/${path.state}/${path.event}/${path.guards.map(({ label, outcome }) => `${label}=${String(outcome)}`).join('/')}`;
        const before = this.hitsBefore.get(key) ?? 0;
        if (path.hits === before) continue;
        this.hitsBefore.set(key, path.hits);
        for (const { row } of table.follow(path)) taken.add(firstRow + row);
      }
    }
    return [...taken].sort((a, b) => a - b);
  }

  row(number: number): Transition {
    return present(this.rows[number], `row ${number}`);
  }
}
