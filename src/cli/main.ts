#!/usr/bin/env node
/** The `harrow` executable: the real outside world, the real executor, and the exit code. */
import { execute } from '../scenarios/run.ts';
import { nodeOutside } from './node-outside.ts';
import { mainOrLater } from './program.ts';

// A reader that has seen enough (head, less) closes the pipe; that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Not process.exit: output still in flight to a pipe would be cut off.
process.exitCode = await mainOrLater(process.argv.slice(2), nodeOutside(execute));
