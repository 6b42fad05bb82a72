/** The three engines by name. Programs are kept per machine, so what one run has compiled serves the next. */
import type { AnyStateMachine } from 'xstate';
import { compile } from './compiler.ts';
import type { CompiledProgram } from './compiler.ts';
import type { Engine, EngineName, Program } from './engine.ts';
import { interpret } from './interpreter.ts';
import { live } from './live.ts';

/** Loads a machine once: the same machine gives the same program. */
class CachedEngine<P extends Program> implements Engine {
  readonly name: EngineName;
  private readonly build: (machine: AnyStateMachine) => P;
  private readonly programs = new WeakMap<AnyStateMachine, P>();

  constructor(name: EngineName, build: (machine: AnyStateMachine) => P) {
    this.name = name;
    this.build = build;
  }

  load(machine: AnyStateMachine): P {
    let program = this.programs.get(machine);
    if (program === undefined) {
      program = this.build(machine);
      this.programs.set(machine, program);
    }
    return program;
  }
}

/** Its `load` gives a `CompiledProgram`, with statistics and coverage. */
export const compiledEngine = new CachedEngine<CompiledProgram>('compiled', compile);
export const interpreterEngine = new CachedEngine<Program>('interpreter', interpret);
export const liveEngine = new CachedEngine<Program>('live', live);

const ENGINES: Readonly<Record<EngineName, Engine>> = {
  compiled: compiledEngine,
  interpreter: interpreterEngine,
  live: liveEngine,
};

export function engine(name: EngineName): Engine {
  return ENGINES[name];
}
