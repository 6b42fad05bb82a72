/**
 * The hot loop: walks a trie, calling the machine's own functions in program order. Holds the scratch of the step it is
 * running, so one instance serves a program and no step allocates anything but contexts.
 */
import type { EventObject } from 'xstate';
import { unreachable } from '../assert.ts';
import type { InertActor } from './inert-scope.ts';
import { INERT_SYSTEM } from './inert-scope.ts';
import { merge, mergeFields } from './merge.ts';
import type { OutputBuffer } from './outputs.ts';
import { handedOver, isPair, pairOf } from './reduction.ts';
import type { Pair, Reducer } from './reduction.ts';
import {
  ACTION, ASSIGN, ASSIGN_FIELDS, CANCEL, CREATE_CONTEXT, EMIT, GUARD, HAND_OVER, INTERPRET, LEAF, LOG, RAISE, REDUCE, SCHEDULE,
  SCHEDULE_OR_RAISE, SEE_CONSTANT, SEE_RAISED, typeOf,
} from './trie.ts';
import type { TrieNode } from './trie.ts';
import type { ExpressionArgs } from './xstate-shapes.ts';

/** What user functions are called with; one object for all calls, overwritten between them. */
interface ReplayArgs extends ExpressionArgs {
  /** XState's initial context factory reads it. */
  input: unknown;
  /** XState's assigns may call it; there are no actors to spawn. */
  readonly spawn: () => never;
}

/** What a user function threw; boxed, because anything can be thrown. */
export interface ReplayFailure {
  readonly error: unknown;
}

export class Replay {
  /** The context at the end of the last run that reached a leaf. */
  context: unknown = undefined;
  private failure: ReplayFailure | undefined = undefined;
  private readonly outputs: OutputBuffer;
  private readonly args: ReplayArgs;
  private readonly raised: (EventObject | undefined)[] = [];
  private actionCount = 0;
  private readonly actions: TrieNode[] = [];
  private readonly actionParams: unknown[] = [];
  private readonly actionContexts: unknown[] = [];
  private readonly actionEvents: EventObject[] = [];

  constructor(self: InertActor, outputs: OutputBuffer) {
    this.outputs = outputs;
    this.args = {
      context: undefined, event: { type: '' }, self, system: INERT_SYSTEM, input: undefined, spawn: () => self.system as never,
    };
  }

  /**
   * Replays one macrostep; outputs go to the buffer.
   *
   * @returns the `LEAF` it ended in, an `INTERPRET` node, or undefined when the path is new or a function threw
   */
  run(root: TrieNode, context: unknown, event: EventObject): TrieNode | undefined {
    this.failure = undefined;
    this.actionCount = 0;
    const { args } = this;
    args.context = context;
    args.event = event;
    try {
      const end = this.walk(root);
      if (end !== undefined && end.kind === LEAF && this.actionCount > 0) this.runActions(args.context);
      return end;
    } catch (error) {
      this.failure = { error };
      return undefined;
    }
  }

  /** Notes what a function threw outside of `run`. */
  fail(error: unknown): void {
    this.failure = { error };
  }

  /** What the last run threw, once: the interpreter, run next, decides what it means. */
  takeFailure(): ReplayFailure | undefined {
    const { failure } = this;
    this.failure = undefined;
    return failure;
  }

  private walk(root: TrieNode): TrieNode | undefined {
    const { args, outputs } = this;
    let node: TrieNode | undefined = root;
    while (node !== undefined) {
      switch (node.kind) {
        case GUARD:
          node = call(node, args) ? node.next : node.otherwise;
          break;
        case ASSIGN:
          args.context = merge(node, args.context as object, call(node, args) as object);
          node = node.next;
          break;
        case EMIT:
          outputs.emit((node.fn === undefined ? node.constant : call(node, args)) as EventObject);
          node = node.next;
          break;
        case SCHEDULE:
          outputs.schedule(node.id, node.delayMs, (node.fn === undefined ? node.constant : call(node, args)) as EventObject);
          node = node.next;
          break;
        case CANCEL:
          outputs.cancel((node.fn === undefined ? node.constant : call(node, args)) as string);
          node = node.next;
          break;
        case LEAF:
          this.context = args.context;
          return node;
        case ASSIGN_FIELDS:
          args.context = mergeFields(node, args.context as object, args, paramsOf(node, args));
          node = node.next;
          break;
        case SCHEDULE_OR_RAISE:
          node = this.scheduleOrRaise(node);
          break;
        case RAISE: {
          const raised = call(node, args) as EventObject;
          this.raised[node.slot] = raised;
          node = node.byType?.get(typeOf(raised));
          break;
        }
        case SEE_CONSTANT:
          args.event = node.constant as EventObject;
          node = node.next;
          break;
        case SEE_RAISED:
          args.event = this.raised[node.slot] as EventObject;
          node = node.next;
          break;
        case REDUCE: {
          const { context, event } = args;
          const { reducer } = node as { readonly reducer: Reducer };
          const pair = pairOf(reducer((context as Pair).state, event));
          args.context = isPair(context) ? pair : { ...(context as object), ...pair };
          node = node.next;
          break;
        }
        case HAND_OVER:
          outputs.emit(handedOver(args));
          node = node.next;
          break;
        case LOG:
          if (node.fn !== undefined) call(node, args);
          node = node.next;
          break;
        case ACTION:
          this.deferAction(node);
          node = node.next;
          break;
        case CREATE_CONTEXT:
          args.input = (args.event as EventObject & { input: unknown }).input;
          args.context = merge(node, {}, call(node, args) as object);
          node = node.next;
          break;
        case INTERPRET:
          return node;
        default:
          unreachable(node.kind, 'trie node kind');
      }
    }
    return undefined;
  }

  private scheduleOrRaise(node: TrieNode): TrieNode | undefined {
    const { args } = this;
    const params = paramsOf(node, args);
    const event = (node.fn === undefined ? node.constant : node.fn(args, params)) as EventObject;
    const delay = node.delayFn === undefined ? undefined : node.delayFn(args, params);
    if (typeof delay === 'number') {
      this.outputs.schedule(node.id, delay, event);
      return node.next;
    }
    if (node.fn === undefined) return node.otherwise;
    this.raised[node.slot] = event;
    return node.byType?.get(typeOf(event));
  }

  /** Custom actions wait until the path is known to be complete, so that a miss does not call them twice. */
  private deferAction(node: TrieNode): void {
    const { args } = this;
    const i = this.actionCount++;
    this.actions[i] = node;
    this.actionParams[i] = paramsOf(node, args);
    this.actionContexts[i] = args.context;
    this.actionEvents[i] = args.event;
  }

  private runActions(context: unknown): void {
    const { args } = this;
    for (let i = 0; i < this.actionCount; i++) {
      args.context = this.actionContexts[i];
      args.event = this.actionEvents[i] as EventObject;
      (this.actions[i] as TrieNode).fn?.(args, this.actionParams[i]);
    }
    args.context = context;
  }
}

export function call(node: TrieNode, args: ExpressionArgs): unknown {
  const fn = node.fn as NonNullable<TrieNode['fn']>;
  return node.paramsFn === undefined ? fn(args, node.params) : fn(args, node.paramsFn(args));
}

function paramsOf(node: TrieNode, args: ExpressionArgs): unknown {
  return node.paramsFn === undefined ? node.params : node.paramsFn(args);
}
