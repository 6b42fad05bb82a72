/**
 * The tracing compiler: XState's semantics at the price of the machine's own functions. The first time a macrostep goes
 * a certain way, the real interpreter runs it while a tracer writes down the guards, assigns and effects in program
 * order; the next time the same path is replayed from a trie, without the interpreter.
 *
 * Why this is sound: what a macrostep does depends only on the configuration (ordered active nodes and history), the
 * event's type, the outcomes of guards, the types of computed raises and whether a computed delay is a number. All of
 * these are branches of the trie; everything else is user functions, which the replay calls with what they would have
 * seen. So guards, assigns and expressions must be functions of their arguments; they may be called again when a path is new.
 * They must not keep the arguments object, which is reused, nor use `self` or `system`.
 *
 * Where a configuration is stepped often, code generated from its tries takes the place of the walk (generator.ts).
 *
 * Whatever goes wrong in a replay is decided by the interpreter: the step is run again, so that errors are XState's.
 * Custom actions are called once per successful step. `enqueueActions` and `output` functions are never compiled: paths
 * that reach them are interpreted.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import { AssertionFailed, assert } from '../assert.ts';
import { checkMachine } from './check.ts';
import { Configurations } from './configuration.ts';
import type { Configuration } from './configuration.ts';
import type { MachineState, OutputSink, Program } from './engine.ts';
import { CODE_GENERATION, Generator, isPlain } from './generator.ts';
import type { CodeGeneration } from './generator.ts';
import { InertScope, inertActor } from './inert-scope.ts';
import { OutputBuffer } from './outputs.ts';
import { isPair, pairOf } from './reduction.ts';
import type { HandedOver, Pair, Reducer } from './reduction.ts';
import { Replay, call } from './replay.ts';
import type { ReplayFailure } from './replay.ts';
import { checkEvent, checkSnapshot, configurationKey } from './snapshot.ts';
import { Tracer } from './tracer.ts';
import type { PlantedBug } from './tracer.ts';
import { GUARD, HAND_OVER, INTERPRET, LEAF, REDUCE, insert, pathsOf } from './trie.ts';
import type { Outcome, TrieNode } from './trie.ts';
import type { ExpressionArgs, SnapshotShape } from './xstate-shapes.ts';

/** How much of a machine has been compiled; grows over the life of the process, so never part of a digest. */
export interface CompilerStats {
  /** Ways through a macrostep seen so far. */
  readonly paths: number;
  readonly confs: number;
  /** (Configuration, event type) pairs of which some path is left to the interpreter. */
  readonly interpretedRoots: number;
  /** Steps the interpreter ran for such paths; the one run that traces a new path is not counted. */
  readonly fallbackSteps: number;
}

/** One way through a macrostep that some run has taken. */
export interface PathCoverage {
  /** As `describe` names it; empty for the initial step. */
  readonly state: string;
  readonly event: string;
  /** Guards with true or false, computed raises with the event type, in program order. */
  readonly guards: readonly { readonly label: string; readonly outcome: Outcome }[];
  readonly hits: number;
}

export interface CompiledProgram extends Program {
  readonly stats: CompilerStats;
  /** In order of discovery; computed on each call. */
  coverage(): PathCoverage[];
}

/** An immutable value; shares everything but the context with other states of its configuration. */
export class CompiledState implements MachineState {
  readonly context: unknown;
  readonly configuration: Configuration;

  constructor(configuration: Configuration, context: unknown) {
    this.context = context;
    this.configuration = configuration;
  }

  get status(): 'active' | 'done' {
    return this.configuration.status;
  }
}

const INIT = 'xstate.init';

class TracedProgram implements CompiledProgram {
  readonly machine: AnyStateMachine;
  readonly forkable = true;
  readonly stats = { paths: 0, confs: 0, interpretedRoots: 0, fallbackSteps: 0 };
  private readonly tracer: Tracer;
  private readonly configurations: Configurations;
  private readonly outputs = new OutputBuffer();
  private readonly replay: Replay;
  private readonly inert: InertScope;
  private readonly initialContext: unknown;
  private readonly planted: PlantedBug;
  private readonly hotWalks: number;
  private readonly generator: Generator;
  /** Whether every context that this program has made is a pair: then a reduction need not look. Never true again. */
  private hasOnlyPairs = true;
  private startTrie: TrieNode | undefined;

  constructor(machine: AnyStateMachine, planted: PlantedBug, generation: CodeGeneration) {
    this.machine = machine;
    this.planted = planted;
    this.tracer = new Tracer(machine, planted);
    this.configurations = new Configurations(planted.configurationKey ?? configurationKey);
    const self = inertActor(machine.id);
    this.inert = new InertScope(self, this.outputs);
    this.replay = new Replay(self, this.outputs);
    const failed = (error: unknown, state: MachineState, event: EventObject, sink: OutputSink): MachineState => {
      this.replay.fail(error);
      return this.interpretStep(state as CompiledState, event, sink, undefined);
    };
    this.hotWalks = generation.hotWalks;
    this.generator = new Generator({ CompiledState, outputs: this.outputs, failed }, generation, planted.generator);
    const { context } = this.tracer.traced.config;
    this.initialContext = typeof context === 'function' ? {} : context ?? {};
  }

  start(input: unknown, sink: OutputSink): MachineState {
    const { replay } = this;
    this.outputs.clear();
    const leaf = this.startTrie === undefined ? undefined
      : replay.run(this.startTrie, this.initialContext, { type: INIT, input } as EventObject);
    let state: CompiledState;
    if (leaf !== undefined && leaf.kind === LEAF) {
      leaf.hits++;
      this.admit(replay.context);
      state = new CompiledState(leaf.target as Configuration, replay.context);
    } else state = this.interpretStart(input, leaf);
    this.outputs.flushTo(sink);
    return state;
  }

  step(state: MachineState, event: EventObject, sink: OutputSink): MachineState {
    const { generated } = (state as CompiledState).configuration;
    if (generated !== undefined) {
      this.outputs.checkIdle();
      const next = generated(state, event, sink);
      if (next !== undefined) return next;
    }
    return this.walk(state, event, sink);
  }

  /**
   * Most paths are some guards, one reduction and its hand-over: these run here, in locals, because a store into a
   * long-lived object costs more than a short-lived one. Where anything else comes up, the replay goes on.
   */
  private walk(state: MachineState, event: EventObject, sink: OutputSink): MachineState {
    const { configuration } = state as CompiledState;
    const root = configuration.trieOf(event.type);
    if (root === undefined) return this.interpretStep(state as CompiledState, event, sink, undefined);
    if (configuration.walksLeft > 0 && --configuration.walksLeft === 0) {
      configuration.generated = this.generator.generate(configuration, this.hasOnlyPairs);
    }
    const { outputs } = this;
    outputs.clear();
    let { context } = state;
    let node: TrieNode | undefined = root;
    let args: ExpressionArgs | undefined;
    let isHandedOver = false;
    let effects: unknown;
    try {
      walk: while (node !== undefined) {
        switch (node.kind) {
          case GUARD:
            args ??= { context, event };
            node = call(node, args) ? node.next : node.otherwise;
            break;
          case REDUCE:
            if (!this.hasOnlyPairs) break walk;
            context = pairOf((node.reducer as Reducer)((context as Pair).state, event));
            args = undefined;
            node = node.next;
            break;
          case HAND_OVER:
            if (isHandedOver) break walk;
            isHandedOver = true;
            ({ effects } = context as Pair);
            node = node.next;
            break;
          default:
            break walk;
        }
      }
    } catch (error) {
      this.replay.fail(error);
      node = undefined;
    }
    if (node !== undefined && node.kind !== LEAF) {
      if (isHandedOver) outputs.emit({ type: 'effects', effects } as HandedOver);
      isHandedOver = false;
      node = this.replay.run(node, context, event);
      ({ context } = this.replay);
    }
    if (node === undefined || node.kind !== LEAF) return this.interpretStep(state as CompiledState, event, sink, node);
    node.hits++;
    if (node.reshaped) this.admit(context);
    const target = node.target as Configuration;
    const next = node.assigned || target !== configuration ? new CompiledState(target, context) : state;
    if (isHandedOver) outputs.handOver(effects, sink);
    else outputs.flushTo(sink);
    return next;
  }

  dispose(): void {}

  describe(state: MachineState): string {
    return (state as CompiledState).configuration.description;
  }

  coverage(): PathCoverage[] {
    const covered: PathCoverage[] = [];
    const add = (state: string, event: string, trie: TrieNode): void => {
      for (const { outcomes, hits } of pathsOf(trie)) covered.push({ state, event, guards: outcomes, hits });
    };
    if (this.startTrie !== undefined) add('', INIT, this.startTrie);
    for (const { description, tries } of this.configurations.all()) {
      for (const [event, trie] of tries) add(description, event, trie);
    }
    return covered;
  }

  /** @param reached where the replay ended: undefined on a miss or an error, else an `INTERPRET` node */
  private interpretStart(input: unknown, reached: TrieNode | undefined): CompiledState {
    const { tracer } = this;
    const failure = this.replay.takeFailure();
    this.begin(reached, true);
    const snapshot = tracer.traced.getInitialSnapshot(this.inert.scope, input);
    if (snapshot.status === 'error') throw tracer.guardErrors.original(snapshot.error);
    checkSnapshot(snapshot, this.machine.id);
    this.inert.finishStart();
    const target = this.finish(snapshot, failure);
    if (reached === undefined) this.startTrie = this.learn(this.startTrie, target, `machine ${this.machine.id}, start`);
    return new CompiledState(target, snapshot.context);
  }

  private interpretStep(
    state: CompiledState, event: EventObject, sink: OutputSink, reached: TrieNode | undefined,
  ): MachineState {
    assert(state instanceof CompiledState, 'a state of the compiled engine');
    const { configuration } = state;
    if (configuration.status === 'done') return state;
    const { tracer } = this;
    const { traced } = tracer;
    checkEvent(event, traced.id);
    const failure = this.replay.takeFailure();
    this.begin(reached, false);
    const before = configuration.withContext(state.context);
    let snapshot: SnapshotShape;
    try {
      snapshot = traced.transition(before, event, this.inert.scope);
    } catch (error) {
      throw tracer.guardErrors.original(error);
    }
    checkSnapshot(snapshot, traced.id);
    const target = this.finish(snapshot, failure);
    if (reached === undefined) {
      const { type } = event;
      const where = `machine ${traced.id}, state ${configuration.description}, event ${type}`;
      const { paths } = this.stats;
      const root = this.learn(configuration.tries.get(type), target, where);
      configuration.setTrie(type, root);
      if (this.stats.paths > paths && isPlain(root)) configuration.walksLeft = this.hotWalks;
    }
    this.outputs.flushTo(sink);
    return target === configuration && snapshot.context === state.context ? state : new CompiledState(target, snapshot.context);
  }

  private begin(reached: TrieNode | undefined, starting: boolean): void {
    this.inert.begin(starting);
    if (reached === undefined) {
      this.tracer.begin(starting);
      return;
    }
    assert(reached.kind === INTERPRET, 'a replay ends in a leaf or where the interpreter takes over');
    reached.hits++;
    this.stats.fallbackSteps++;
    this.tracer.beginUntraced();
  }

  /** Takes note of a context that was not made by a reduction of a pair. */
  private admit(context: unknown): void {
    if (!this.hasOnlyPairs || isPair(context)) return;
    this.hasOnlyPairs = this.planted.assumesPairs === true;
    if (this.planted.generator === 'outlives the pairs') return;
    for (const configuration of this.configurations.all()) {
      configuration.generated = undefined;
      configuration.walksLeft = this.hotWalks;
    }
  }

  /** The interpreter got through: a replay that threw just before must have been misled by an impure function. */
  private finish(snapshot: SnapshotShape, failure: ReplayFailure | undefined): Configuration {
    if (failure !== undefined) {
      throw new AssertionFailed(`machine ${this.machine.id}: a function threw, and did not when called again with the same arguments`, { cause: failure.error });
    }
    this.admit(snapshot.context);
    const configuration = this.configurations.intern(snapshot);
    this.stats.confs = this.configurations.size;
    return configuration;
  }

  private learn(trie: TrieNode | undefined, target: Configuration, where: string): TrieNode {
    const path = this.tracer.end();
    const hadInterpreted = trie !== undefined && trie.interpreted;
    const { root, isNew } = insert(trie, path, path.beyondTrace ? undefined : target, where);
    if (isNew) this.stats.paths++;
    if (path.beyondTrace) {
      root.interpreted = true;
      if (!hadInterpreted) this.stats.interpretedRoots++;
    }
    return root;
  }
}

/** @throws UnsupportedMachine when the machine asks for what cannot be simulated. */
export function compile(machine: AnyStateMachine): CompiledProgram {
  return compileWithBug(machine, {}, CODE_GENERATION);
}

/** For tests only: `compile` with a planted bug, or another idea of when and how code is generated. */
export function compileWithBug(machine: AnyStateMachine, planted: PlantedBug, generation: CodeGeneration = CODE_GENERATION): CompiledProgram {
  checkMachine(machine);
  return new TracedProgram(machine, planted, generation);
}
