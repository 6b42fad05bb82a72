/**
 * What an action in the config is to the compiler: one operation, or undefined when only the interpreter can run it
 * (`enqueueActions` decides with hidden guards; a type added by a later XState is unknown).
 */
import type { Params } from './instrument.ts';
import { handedOver, reducerOf } from './reduction.ts';
import {
  ACTION, ASSIGN, ASSIGN_FIELDS, CANCEL, EMIT, HAND_OVER, LOG, RAISE, REDUCE, SCHEDULE, SCHEDULE_OR_RAISE, operation,
} from './trie.ts';
import type { Operation } from './trie.ts';
import { isBuiltinAction } from './xstate-shapes.ts';
import type { BuiltinAction, UserFunction } from './xstate-shapes.ts';

/** @param delays the machine's named delays: numbers, or functions of context and event */
export function operationOf(
  action: UserFunction, params: Params, delays: Readonly<Record<string, unknown>>,
): Operation | undefined {
  if (!isBuiltinAction(action)) return operation(ACTION, { fn: action, params });
  switch (action.type) {
    case 'xstate.assign': return assignOperation(action, params);
    case 'xstate.emit':
      if (action.event === handedOver && params.of === undefined) return operation(HAND_OVER, { fn: handedOver });
      return operation(EMIT, { ...constantOrFunction(action.event), params });
    case 'xstate.cancel': return operation(CANCEL, { ...constantOrFunction(action.sendId), params });
    case 'xstate.log': return operation(LOG, { ...constantOrFunction(action.value), params });
    case 'xstate.raise': return raiseOperation(action, params, delays);
    default: return undefined;
  }
}

function assignOperation(action: BuiltinAction, params: Params): Operation {
  const { assignment } = action;
  const reducer = typeof assignment === 'function' && params.of === undefined ? reducerOf(assignment as UserFunction) : undefined;
  if (reducer !== undefined) return operation(REDUCE, { fn: assignment as UserFunction, reducer });
  if (typeof assignment === 'function') return operation(ASSIGN, { fn: assignment as UserFunction, params });
  const fields = assignment as Readonly<Record<string, unknown>>;
  const keys = Object.keys(fields);
  return operation(ASSIGN_FIELDS, { keys, values: keys.map((key) => fields[key]), params });
}

function raiseOperation(action: BuiltinAction, params: Params, delays: Readonly<Record<string, unknown>>): Operation {
  const event = { ...constantOrFunction(action.event), params };
  const delay = typeof action.delay === 'string' ? delays[action.delay] : action.delay;
  const id = action.id ?? '';
  if (typeof delay === 'function') return operation(SCHEDULE_OR_RAISE, { ...event, id, delayFn: delay as UserFunction });
  if (typeof delay === 'number') return operation(SCHEDULE, { ...event, id, delayMs: delay });
  return operation(RAISE, event);
}

function constantOrFunction(value: unknown): { readonly fn: UserFunction | undefined; readonly constant: unknown } {
  return typeof value === 'function' ? { fn: value as UserFunction, constant: undefined } : { fn: undefined, constant: value };
}
