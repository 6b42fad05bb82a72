/**
 * The application of a consumer group, as a scenario writes it. What the keys have to do with each other and with the
 * consumer's configs is in resolve-consumers.ts.
 */
import { durationMs } from './scalars.ts';
import { choice, located, object, optional, required } from './shape.ts';
import type { ValueOf } from './shape.ts';

export const MODES = ['process-then-commit', 'commit-then-process', 'auto-commit'] as const;
export const SINKS = ['naive', 'idempotent', 'none'] as const;

export const applicationShape = object('an application', {
  mode: required(choice(MODES, 'a mode'), 'process-then-commit (at least once), commit-then-process (at most once), or auto-commit: the consumer commits inside poll'),
  handler: optional(located(choice(['sync', 'threaded'], 'a handler')), 'of auto-commit: processes before the next poll (sync, default), or beside it (threaded), which may lose records'),
  commit: optional(located(choice(['sync', 'async'], 'a kind of commit')), 'waits for the commit (sync, default) or not'),
  perRecord: optional(durationMs({ min: 0 }), 'how long it processes a record; default 0s'),
  perBatch: optional(durationMs({ min: 0 }), 'how much longer for each batch that poll returns; default 0s'),
  sink: optional(choice(SINKS, 'a sink'), 'what becomes of a processed record: its effect happens each time (naive, default), once, in a store reached over the network (idempotent), or there is none'),
  pollTimeout: optional(durationMs({ min: 1 }), 'how long poll waits for records; default 1s'),
});

export type RawApplication = ValueOf<typeof applicationShape>;
