/**
 * Why a step happens, as the trace lets it be told: a message that arrived, or what else came from outside its process;
 * whatever follows in the same instant has the same cause. A timer has the cause of the step that armed it, a flush that
 * of the step that asked for it.
 *
 * Happened-before of Lamport (1978), but for one thing: of all that a parked request waits for, only the last counts.
 */
import type { Effect } from '../kernel/effects.ts';
import type { TraceLine } from '../kernel/trace.ts';
import { ROOT_CAUSES, VIA, type RootCause } from './model/model.ts';

export interface Cause {
  readonly cause: number;
  readonly via: number;
}

export function root(cause: RootCause): Cause {
  return { cause: ROOT_CAUSES.indexOf(cause), via: VIA.directly };
}

const UNKNOWN = root('unknown');

export class Causes {
  current: Cause = UNKNOWN;
  /** By node, machine and event: the cause of the step that armed the timer. */
  private readonly armed = new Map<string, Cause>();
  /** By node, machine, event and file: the causes of the flushes under way, oldest first. */
  private readonly flushing = new Map<string, Cause[]>();
  /** By message: the cause of the step that sent it, which may be long ago when its connection had to be opened first. */
  private readonly senders = new WeakMap<object, Cause>();

  /** Begins the step of a line. `message` is the number of the message that arrived, -1 for none. */
  begin(line: TraceLine, message: Cause | undefined): void {
    if (message !== undefined) this.current = message;
    else if (line.machine === '') this.current = root(line.event === 'start' ? 'start of the process' : 'fault');
    else if (!isLocal(line)) this.current = this.outside(line);
    for (const effect of line.effects) this.note(line, effect);
  }

  /** The cause of the step that sent `message`. */
  ofSender(message: object): Cause {
    return this.senders.get(message) ?? UNKNOWN;
  }

  private note(line: TraceLine, effect: Effect): void {
    switch (effect.kind) {
      case 'send':
      case 'reply':
        this.senders.set(effect.message, this.current);
        return;
      case 'schedule':
        this.armed.set(`${line.node}/${line.machine}/${effect.type}`, this.current);
        return;
      case 'flush': {
        const key = `${line.node}/${line.machine}/${effect.then}/${effect.file}`;
        const waiting = this.flushing.get(key);
        if (waiting === undefined) this.flushing.set(key, [this.current]);
        else waiting.push(this.current);
        return;
      }
      default:
        return;
    }
  }

  /** A timer, the disk, the transport, or an application. */
  private outside({ node, machine, event, detail }: TraceLine): Cause {
    const file = fileOf(detail);
    if (file !== undefined) {
      const asked = this.flushing.get(`${node}/${machine}/${event}/${file}`)?.shift();
      return asked === undefined ? root('disk') : { cause: asked.cause, via: VIA.disk };
    }
    if (event === 'connection.lost') return root('connection');
    if (event.startsWith('app.')) return root('application');
    if (event.startsWith('admin.')) return root('administrator');
    const armed = this.armed.get(`${node}/${machine}/${event}`);
    return armed === undefined ? root('timer') : { cause: armed.cause, via: VIA.timer };
  }
}

/** Told by another machine of the process, in the same instant, or started by one. */
function isLocal({ event, detail, from }: TraceLine): boolean {
  if (from !== undefined) return false;
  return event === 'started' || (typeof detail === 'object' && detail !== null && (detail as { type?: unknown }).type === event);
}

function fileOf(detail: unknown): string | undefined {
  if (typeof detail !== 'object' || detail === null) return undefined;
  const { file } = detail as { file?: unknown };
  return typeof file === 'string' ? file : undefined;
}
