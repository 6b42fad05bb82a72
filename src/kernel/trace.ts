/**
 * The trace: one structured line per step, handed to whoever asked for it. Off by default, and then it costs one
 * comparison per step; on or off, the run is the same.
 */
import type { Effect, Message } from './effects.ts';
import { formatUs } from './time.ts';

export interface TraceLine {
  readonly atUs: number;
  /** Node name; `world` for faults and the application. */
  readonly node: string;
  readonly incarnation: number;
  /** Machine name, empty for the world. */
  readonly machine: string;
  readonly event: string;
  /** Sending node of a message. */
  readonly from?: string;
  /** The message, or the data of a local event. */
  readonly detail?: unknown;
  readonly stateBefore?: string;
  readonly stateAfter?: string;
  readonly effects: readonly Effect[];
}

export type Tracer = (line: TraceLine) => void;

/** Renders a line for people: `00:00:12.003456  broker-1/gps-3  FetchRequest <- broker-2  Leader  reply FetchResponse`. */
export function formatTraceLine(line: TraceLine, nodeName: (index: number) => string, detail?: (message: unknown) => string): string {
  const where = line.machine === '' ? line.node : `${line.node}/${line.machine}`;
  const from = line.from === undefined ? '' : ` <- ${line.from}`;
  const state = line.stateAfter === undefined ? '' : line.stateBefore === line.stateAfter ? `  [${line.stateAfter}]` : `  [${line.stateBefore ?? ''} -> ${line.stateAfter}]`;
  const what = detail === undefined || line.detail === undefined ? '' : `  ${detail(line.detail)}`;
  const effects = line.effects.map((effect) => formatEffect(effect, nodeName)).filter((text) => text !== '');
  return `${formatUs(line.atUs)}  ${where}  ${line.event}${from}${what}${state}${effects.length > 0 ? `  => ${effects.join('; ')}` : ''}`;
}

function formatEffect(effect: Effect, nodeName: (index: number) => string): string {
  const typeOf = (message: Message): string => message.type;
  switch (effect.kind) {
    case 'send':
      return `${typeOf(effect.message)} -> ${nodeName(effect.to)}`;
    case 'reply':
      return `reply ${typeOf(effect.message)}`;
    case 'tell':
      return `tell ${effect.to} ${effect.event.type}`;
    case 'disconnect':
      return `disconnect ${nodeName(effect.to)}`;
    case 'spawn':
    case 'stop':
      return `${effect.kind} ${effect.name}`;
    case 'write':
    case 'replace':
    case 'delete':
    case 'flush':
      return `${effect.kind} ${effect.file}`;
    case 'halt':
      return `halt: ${effect.reason}`;
    case 'observe':
      return `observe ${effect.observation.type}`;
    case 'schedule':
      return `timer ${effect.key} in ${effect.delayMs}ms`;
    case 'cancel':
    case 'release':
    case 'hangUp':
    case 'mark':
      return '';
    default:
      return '';
  }
}
