#!/usr/bin/env node
/** The `harrow` executable: the real outside world, the real executor, and the exit code. */
import { execute } from '../scenarios/run.ts';
import { EXIT_USAGE } from './exit-codes.ts';
import { nodeOutside } from './node-outside.ts';
import { mainOrLater } from './program.ts';

// A reader that has seen enough (head, less) closes the pipe; that is no failure. A full disk is one, and no violated property.
for (const [name, stream] of [['stdout', process.stdout], ['stderr', process.stderr]] as const) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    if (name === 'stdout') process.stderr.write(`error: cannot write to stdout: ${error.message}\n`);
    process.exit(EXIT_USAGE);
  });
}

// Not process.exit: output still in flight to a pipe would be cut off.
process.exitCode = await mainOrLater(process.argv.slice(2), nodeOutside(execute));
