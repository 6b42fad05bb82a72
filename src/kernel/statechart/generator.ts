/**
 * Code for a hot configuration: one function that switches on the event's type and calls guards and reducers by name,
 * where the walk of a trie calls them through its nodes. Calls that always meet the same function are inlined by V8, and
 * with them go the objects that only pass between two calls; the walk's calls meet every function of a machine.
 *
 * Covers the tries of which every known path is guards, reductions, hand-overs and timers of `after`. Most paths hand over
 * once and report nothing else; the others collect what they report in the buffer. What is missing makes the function
 * answer undefined before anything is reported: the walk then begins anew, which is sound because guards, reducers and
 * delays may be called again. What throws goes to the interpreter, as in the walk.
 *
 * The text holds names that are made here and event types as JSON strings; everything else is bound to a parameter.
 * Where code generation is forbidden (`--disallow-code-generation-from-strings`), everything stays with the walk.
 *
 * One function per configuration is a measured choice: one per trie costs a search before each call, one per machine is
 * too much for V8 to inline into (docs/decisions/0010).
 */
import type { EventObject } from 'xstate';
import { AssertionFailed } from '../assert.ts';
import type { Configuration } from './configuration.ts';
import type { MachineState, OutputSink } from './engine.ts';
import type { OutputBuffer } from './outputs.ts';
import { CANCEL, GUARD, HAND_OVER, LEAF, REDUCE, SCHEDULE, SCHEDULE_OR_RAISE } from './trie.ts';
import type { TrieNode } from './trie.ts';

/** One macrostep, reported to the sink; undefined when the walk must take it. */
export type GeneratedStep = (state: MachineState, event: EventObject, sink: OutputSink) => MachineState | undefined;

export interface CodeGeneration {
  /** Walks in a configuration, since the last new path, that make it hot. */
  readonly hotWalks: number;
  /** A function of these parameters with this body. Throws when code generation is forbidden. */
  readonly functionOf: (parameters: readonly string[], body: string) => (...values: readonly unknown[]) => GeneratedStep;
}

export const CODE_GENERATION: CodeGeneration = {
  // Generating anew throws away optimised code, so a path that is found late must have been worth some walks first.
  hotWalks: 1_000,
  // The text is made below, from names of ours and JSON strings alone.
  // oxlint-disable-next-line no-new-func -- the one place where code is generated
  functionOf: (parameters, body) => new Function(...parameters, body) as (...values: readonly unknown[]) => GeneratedStep,
};

/** V8 never optimises a function of more than 60 kB of bytecode, which is less than half of its text. */
const MAX_TEXT_LENGTH = 100_000;

/** Test only: plants a mistake in the generated code. */
export type GeneratorBug = 'hands over what was there before' | 'takes guards for granted' | 'stays where it is' | 'outlives the pairs';

/** What generated code reaches of the program. */
export interface Runtime {
  readonly CompiledState: new (configuration: Configuration, context: unknown) => MachineState;
  readonly outputs: OutputBuffer;
  /** Lets the interpreter decide what an error means. */
  readonly failed: (error: unknown, state: MachineState, event: EventObject, sink: OutputSink) => MachineState;
}

/** Is every known path guards, reductions, hand-overs and timers of constant events? */
export function isPlain(node: TrieNode | undefined): boolean {
  if (node === undefined) return true;
  switch (node.kind) {
    case LEAF: return true;
    case GUARD: return isPlain(node.next) && isPlain(node.otherwise);
    case REDUCE: return isPlain(node.next);
    case HAND_OVER: return isPlain(node.next);
    case CANCEL:
    case SCHEDULE:
    case SCHEDULE_OR_RAISE: return node.fn === undefined && node.byType === undefined && node.otherwise === undefined && isPlain(node.next);
    default: return false;
  }
}

/** Does some path of a plain trie report anything but one hand-over? */
function reportsMore(node: TrieNode | undefined, handsOver = false): boolean {
  if (node === undefined) return false;
  switch (node.kind) {
    case HAND_OVER: return handsOver || reportsMore(node.next, true);
    case CANCEL:
    case SCHEDULE:
    case SCHEDULE_OR_RAISE: return true;
    default: return reportsMore(node.next, handsOver) || reportsMore(node.otherwise, handsOver);
  }
}

/** Generates for one program, until it is refused. */
export class Generator {
  private readonly runtime: Runtime;
  private readonly generation: CodeGeneration;
  private readonly bug: GeneratorBug | undefined;
  private isRefused = false;

  constructor(runtime: Runtime, generation: CodeGeneration, bug: GeneratorBug | undefined) {
    this.runtime = runtime;
    this.generation = generation;
    this.bug = bug;
  }

  /**
   * @param hasOnlyPairs whether every context is a pair, as generated reductions take for granted
   * @returns undefined when there is nothing to gain or code generation is forbidden
   */
  generate(configuration: Configuration, hasOnlyPairs: boolean): GeneratedStep | undefined {
    if (this.isRefused) return undefined;
    const text = new Text(configuration, this.runtime, this.bug);
    for (const [type, root] of configuration.tries) {
      if (isPlain(root) && (hasOnlyPairs || !reduces(root))) text.addCase(type, root);
    }
    const body = text.body();
    if (body === undefined || body.length > MAX_TEXT_LENGTH) return undefined;
    let factory: ReturnType<CodeGeneration['functionOf']>;
    try {
      factory = this.generation.functionOf(text.parameters, body);
    } catch (error) {
      if (error instanceof SyntaxError) throw new AssertionFailed(`generated code is JavaScript: ${error.message} in\n${body}`, { cause: error });
      this.isRefused = true;
      return undefined;
    }
    return factory(...text.values);
  }
}

function reduces(node: TrieNode | undefined): boolean {
  return node !== undefined && (node.kind === REDUCE || reduces(node.next) || reduces(node.otherwise));
}

/** The text of one function as it grows, with what it binds. */
class Text {
  readonly parameters: string[] = ['CompiledState', 'outputs', 'failed'];
  readonly values: unknown[];
  private cases = '';
  private contexts = 0;
  private delays = 0;
  /** Of the case being written: everything that is reported goes through the buffer. */
  private isBuffered = false;
  private readonly configuration: Configuration;
  private readonly bug: GeneratorBug | undefined;
  private readonly names = new Map<unknown, string>();

  constructor(configuration: Configuration, { CompiledState, outputs, failed }: Runtime, bug: GeneratorBug | undefined) {
    this.configuration = configuration;
    this.values = [CompiledState, outputs, failed];
    this.bug = bug;
  }

  addCase(type: string, root: TrieNode): void {
    this.isBuffered = reportsMore(root);
    const begin = this.isBuffered ? 'isBuffered = true;\noutputs.clear();\n' : '';
    this.cases += `case ${JSON.stringify(type)}: {\n${begin}const context0 = state.context;\n${this.textOf(root, 0, false)}}\n`;
  }

  /** Undefined when there is no case. Only user functions are called within the `try`: what a sink throws is its own. */
  body(): string | undefined {
    if (this.cases === '') return undefined;
    return `'use strict';
return function step(state, event, sink) {
let next;
let effects;
let isBuffered = false;
try {
switch (event.type) {
${this.cases}default: return undefined;
}
} catch (error) {
return failed(error, state, event, sink);
}
if (isBuffered) outputs.flushTo(sink);
else outputs.handOver(effects, sink);
return next;
};`;
  }

  /**
   * @param context the number of the variable that holds the context of this node
   * @returns statements that end in a return or, where there is something to report, leave the switch
   */
  private textOf(node: TrieNode | undefined, context: number, handsOver: boolean): string {
    if (node === undefined) return 'return undefined;\n';
    switch (node.kind) {
      case GUARD: return this.textOfGuard(node, context, handsOver);
      case REDUCE: {
        const reduced = ++this.contexts;
        return `const reduced${reduced} = ${this.bind('reducer', node.reducer)}(context${context}.state, event);\n`
          + `const context${reduced} = { state: reduced${reduced}.state, effects: reduced${reduced}.effects };\n`
          + this.textOf(node.next, reduced, handsOver);
      }
      case HAND_OVER: {
        const source = this.bug === 'hands over what was there before' ? 0 : context;
        const effects = `context${source}.effects`;
        const handOver = this.isBuffered ? `outputs.emit({ type: 'effects', effects: ${effects} });\n` : `effects = ${effects};\n`;
        return handOver + this.textOf(node.next, context, true);
      }
      case CANCEL: return `outputs.cancel(${this.bind('constant', node.constant)});\n${this.textOf(node.next, context, handsOver)}`;
      case SCHEDULE:
        return `outputs.schedule(${this.bind('id', node.id)}, ${node.delayMs}, ${this.bind('constant', node.constant)});\n${this.textOf(node.next, context, handsOver)}`;
      case SCHEDULE_OR_RAISE: {
        const delay = `delay${++this.delays}`;
        return `const ${delay} = ${this.callOf(node, 'delayOf', node.delayFn, context)};\n`
          + `if (typeof ${delay} !== 'number') return undefined;\n`
          + `outputs.schedule(${this.bind('id', node.id)}, ${delay}, ${this.bind('constant', node.constant)});\n${this.textOf(node.next, context, handsOver)}`;
      }
      case LEAF: {
        const target = this.bug === 'stays where it is' ? this.configuration : node.target;
        const isSame = !node.assigned && target === this.configuration;
        const next = isSame ? 'state' : `new CompiledState(${this.bind('target', target)}, context${context})`;
        return `${this.bind('leaf', node)}.hits++;\n${handsOver || this.isBuffered ? `next = ${next};\nbreak;\n` : `return ${next};\n`}`;
      }
      default: throw new AssertionFailed(`a plain path has no node of kind ${node.kind}`);
    }
  }

  private textOfGuard(node: TrieNode, context: number, handsOver: boolean): string {
    const { next, otherwise } = node;
    if (this.bug === 'takes guards for granted') return this.textOf(next ?? otherwise, context, handsOver);
    return `if (${this.callOf(node, 'guard', node.fn, context)}) {\n${this.textOf(next, context, handsOver)}}\n${this.textOf(otherwise, context, handsOver)}`;
  }

  private callOf(node: TrieNode, kind: string, fn: TrieNode['fn'], context: number): string {
    const params = node.paramsFn === undefined
      ? this.bind('params', node.params)
      : `${this.bind('paramsOf', node.paramsFn)}({ context: context${context}, event })`;
    return `${this.bind(kind, fn)}({ context: context${context}, event }, ${params})`;
  }

  /** A parameter that stands for `value`. */
  private bind(kind: string, value: unknown): string {
    let name = this.names.get(value);
    if (name === undefined) {
      name = `${kind}${this.parameters.length}`;
      this.names.set(value, name);
      this.parameters.push(name);
      this.values.push(value);
    }
    return name;
  }
}
