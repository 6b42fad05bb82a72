/** A worker process of the mutants' campaigns: runs one whole campaign for each message. */
import { serveJobs } from '../../src/cli/worker-processes.ts';
import { present } from '../../src/kernel/assert.ts';
import { MUTANT_DOCS } from '../../src/scenarios/mutants.ts';
import { isHunted, runCampaign, type Campaign, type CampaignOutcome } from './campaign.ts';

serveJobs((_: null, campaign: Campaign): CampaignOutcome => {
  const mutant = present(MUTANT_DOCS.filter(isHunted).find(({ name }) => name === campaign.mutant), campaign.mutant);
  return runCampaign(mutant, campaign);
});
