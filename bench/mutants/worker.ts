/** A worker thread of the mutants' campaigns: runs one whole campaign for each message. */
import { parentPort } from 'node:worker_threads';
import { present } from '../../src/kernel/assert.ts';
import { MUTANT_DOCS } from '../../src/scenarios/mutants.ts';
import { isHunted, runCampaign, type Campaign } from './campaign.ts';

const port = present(parentPort ?? undefined, 'the port of the worker');

port.on('message', (campaign: Campaign) => {
  const mutant = present(MUTANT_DOCS.filter(isHunted).find(({ name }) => name === campaign.mutant), campaign.mutant);
  port.postMessage(runCampaign(mutant, campaign));
});
