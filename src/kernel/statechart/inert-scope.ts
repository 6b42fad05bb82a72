/**
 * The `ActorScope` under which a machine is stepped without an actor around it. XState hands every action to
 * `actionExecutor`; here outputs go to a buffer, custom actions run at once, and everything that would reach another
 * actor fails. While a machine starts, custom actions wait until the initial state is complete, as they do in an actor
 * that has not been started. One scope per program, reused for all steps and states.
 */
import type { AnyActorScope, EventObject } from 'xstate';
import { UnsupportedMachine } from './check.ts';
import type { OutputBuffer } from './outputs.ts';
import type { ExpressionArgs } from './xstate-shapes.ts';

interface ActionToExecute {
  readonly type: string;
  readonly info: ExpressionArgs;
  readonly params: unknown;
  readonly exec?: (info: ExpressionArgs, params: unknown) => unknown;
}

/** `self` and `system` as user functions see them: names only, no way to act. Never part of a context or an output. */
export interface InertActor {
  readonly id: string;
  readonly sessionId: string;
  readonly system: unknown;
  send(): never;
  getSnapshot(): never;
}

export function inertActor(machineId: string): InertActor {
  const refuse = (what: string): never => {
    throw new UnsupportedMachine(`machine '${machineId}': ${what} is not available; use context, event and emit`);
  };
  return {
    id: machineId,
    sessionId: machineId,
    get system(): never { return refuse('an actor system'); },
    send: () => refuse('self.send'),
    getSnapshot: () => refuse('self.getSnapshot'),
  };
}

/** The part of an actor system that `machine.transition` touches. */
export const INERT_SYSTEM = Object.freeze({ _sendInspectionEvent: () => {} });

export class InertScope {
  readonly scope: AnyActorScope;
  private readonly machineId: string;
  private readonly outputs: OutputBuffer;
  private starting = false;
  private waiting: ActionToExecute[] = [];

  constructor(self: InertActor, outputs: OutputBuffer) {
    const nothing = (): void => {};
    this.machineId = self.id;
    this.outputs = outputs;
    this.scope = {
      self,
      id: self.id,
      sessionId: self.sessionId,
      system: INERT_SYSTEM,
      logger: nothing,
      defer: nothing,
      emit: nothing,
      stopChild: nothing,
      actionExecutor: (action: ActionToExecute) => this.execute(action),
    } as unknown as AnyActorScope;
  }

  /** @param starting whether the step enters the initial state */
  begin(starting: boolean): void {
    this.outputs.clear();
    this.starting = starting;
    this.waiting = [];
  }

  /** Runs the custom actions of a start that has succeeded so far. */
  finishStart(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const action of waiting) action.exec?.(action.info, action.params);
  }

  private execute(action: ActionToExecute): void {
    if (!action.type.startsWith('xstate.')) {
      if (this.starting) this.waiting.push(action);
      else action.exec?.(action.info, action.params);
      return;
    }
    const { outputs, machineId } = this;
    switch (action.type) {
      case 'xstate.emit':
        outputs.emit((action.params as { event: EventObject }).event);
        return;
      case 'xstate.raise': {
        const { id, delay, event } = action.params as { id?: string; delay?: number; event: EventObject };
        // Without a delay the event has already been handled within the macrostep.
        if (typeof delay === 'number') outputs.schedule(idOfDelayed(id, event, machineId), delay, event);
        return;
      }
      case 'xstate.cancel':
        outputs.cancel((action.params as { sendId: string }).sendId);
        return;
      case 'xstate.log':
        return;
      default:
        throw new UnsupportedMachine(`machine '${machineId}': ${action.type.slice('xstate.'.length)} reaches another actor; emit a message instead`);
    }
  }
}

/** Only an `enqueue.raise` can still lack its id here; the others were refused when the machine was loaded. */
export function idOfDelayed(id: string | undefined, event: EventObject, machineId: string): string {
  if (id !== undefined) return id;
  throw new UnsupportedMachine(`machine '${machineId}': a delayed raise ('${event.type}') needs an 'id': XState would make up a random one`);
}
