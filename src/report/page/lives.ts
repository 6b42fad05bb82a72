/**
 * When each process was up, what state each machine was in, which faults were in force: bands of time.
 */
import type { Run } from './run.ts';

export interface Band {
  readonly fromUs: number;
  readonly toUs: number;
  readonly label: string;
  /** Of a state: the number of the transition that led here, -1 at the start. */
  readonly row: number;
}

export class Lives {
  /** By node: when it was down. */
  readonly down: readonly (readonly Band[])[];
  /** By machine. */
  readonly states: readonly (readonly Band[])[];
  /** Rows of faults, so that those in force together lie below one another: by row, fault numbers. */
  readonly faultRows: readonly (readonly number[])[];
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
    this.down = run.meta.nodes.map((_, node) => this.downOf(node));
    this.states = this.statesOfAll();
    this.faultRows = this.packFaults();
  }

  isUp(node: number, timeUs: number): boolean {
    return !(this.down[node] ?? []).some((band) => band.fromUs <= timeUs && timeUs < band.toUs);
  }

  /** The state a machine is in; undefined while it does not run. */
  stateAt(machine: number, timeUs: number): Band | undefined {
    return (this.states[machine] ?? []).findLast((band) => band.fromUs <= timeUs && timeUs < band.toUs);
  }

  /** Machines of a node that say most about it, shown when its lane is closed. */
  mainMachines(node: number): number[] {
    const { meta } = this.run;
    const own = meta.machines.map((_, machine) => machine).filter((machine) => meta.machines[machine]?.node === node);
    const replicas = own.filter((machine) => meta.machines[machine]?.chart === 'replica');
    const wanted = this.run.roleOf(node) === 'broker' ? ['broker'] : this.run.roleOf(node) === 'controller' ? ['raft'] : [];
    const main = own.filter((machine) => wanted.includes(meta.machines[machine]?.chart ?? ''));
    return wanted.length === 0 ? own.slice(0, 1) : [...main, ...(replicas.length <= 2 ? replicas : [])];
  }

  machinesOf(node: number): number[] {
    return this.run.meta.machines.map((_, machine) => machine).filter((machine) => this.run.meta.machines[machine]?.node === node);
  }

  private downOf(node: number): Band[] {
    const bands: Band[] = [];
    let since: { atUs: number; words: string } | undefined;
    for (const life of this.run.meta.lives) {
      if (life.node !== node) continue;
      if (life.kind !== 'started') since ??= life;
      else if (since !== undefined) {
        bands.push({ fromUs: since.atUs, toUs: life.atUs, label: since.words, row: -1 });
        since = undefined;
      }
    }
    if (since !== undefined) bands.push({ fromUs: since.atUs, toUs: this.run.endUs + 1, label: since.words, row: -1 });
    return bands;
  }

  private statesOfAll(): Band[][] {
    const { transitions } = this.run.tables;
    const bands: Band[][] = this.run.meta.machines.map(() => []);
    const current: (number | undefined)[] = this.run.meta.machines.map(() => undefined);
    const end = (machine: number, atUs: number): void => {
      const row = current[machine];
      if (row === undefined) return;
      bands[machine]?.push({ fromUs: transitions.atUs[row] as number, toUs: atUs, label: this.run.word(transitions.after[row] as number), row });
      current[machine] = undefined;
    };
    const ends = this.run.meta.lives.filter(({ kind }) => kind !== 'started');
    let life = 0;
    for (let row = 0; row <= transitions.rows; row += 1) {
      const atUs = row < transitions.rows ? (transitions.atUs[row] as number) : Infinity;
      for (let next = ends[life]; next !== undefined && next.atUs < atUs; next = ends[life]) {
        for (const machine of this.machinesOf(next.node)) end(machine, next.atUs);
        life += 1;
      }
      if (row === transitions.rows) break;
      const machine = transitions.machine[row] as number;
      end(machine, atUs);
      current[machine] = row;
    }
    for (let machine = 0; machine < bands.length; machine += 1) end(machine, this.run.endUs + 1);
    return bands;
  }

  private packFaults(): number[][] {
    const rows: number[][] = [];
    const endOfRow: number[] = [];
    const { faults, faultEndsUs } = this.run.meta;
    const gapUs = this.run.endUs / 200;
    for (let fault = 0; fault < faults.length; fault += 1) {
      const fromUs = (faults[fault]?.fault.atMs ?? 0) * 1_000;
      let row = endOfRow.findIndex((endUs) => endUs + gapUs <= fromUs);
      if (row === -1) row = rows.length < 4 ? rows.length : endOfRow.indexOf(Math.min(...endOfRow));
      (rows[row] ??= []).push(fault);
      endOfRow[row] = Math.max(endOfRow[row] ?? 0, faultEndsUs[fault] ?? fromUs);
    }
    return rows;
  }
}
