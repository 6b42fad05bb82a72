/** A worker thread of a soak: is given the scenario once, then runs whole seeds, one message each way for each batch. */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../../src/kernel/assert.ts';
import { runSeed, type SoakSpec } from '../../src/explorer/campaign/seed-outcome.ts';

const port = present(parentPort ?? undefined, 'the port of the worker');
const spec = workerData as SoakSpec;

port.on('message', (seeds: readonly number[]) => port.postMessage(seeds.map((seed) => runSeed(spec, seed))));
