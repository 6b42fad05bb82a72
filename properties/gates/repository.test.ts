/**
 * The gates, held against this repository. A failure lists every place with what to do about it; planted.test.ts
 * proves that each of these gates can fail.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { layerViolations, LAYERS, scriptViolations, undeclaredPackages } from './layers.ts';
import { brokenLinks } from './links.ts';
import { incompleteLock, installScripts, privateAddresses, refusedNodes, staleLock, unpinnedDependencies } from './packages.ts';
import { describeViolations, listFiles } from './source-tree.ts';
import type { Violation } from './source-tree.ts';
import { kafkaWordsInKernel, laterNotes, longFiles, missingHeaders, silencedChecks } from './tidy.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const expectNone = (gate: (root: string) => Violation[]): void => {
  expect(describeViolations(gate(ROOT))).toEqual([]);
};

describe('the repository', () => {
  it('is found, so that no gate passes on an empty tree', () => {
    expect(listFiles(ROOT, 'src', (path) => path.endsWith('.ts')).length).toBeGreaterThan(10);
    expect(listFiles(ROOT, 'scripts', () => true)).toContain('scripts/setup.mjs');
  });
});

describe('layers', () => {
  it('import only what the table allows', () => expectNone(layerViolations));
  it('use only packages that are installed with Harrow', () => expectNone(undeclaredPackages));
  it('are not needed by the scripts that install them', () => expectNone(scriptViolations));

  it('form an order: no two of them may import each other', () => {
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
      (LAYERS[from]?.layers ?? []).some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
    expect(Object.keys(LAYERS).filter((name) => reaches(name, name))).toEqual([]);
  });
});

describe('source files', () => {
  it('open by saying what they are', () => expectNone(missingHeaders));
  it('are one idea long', () => expectNone(longFiles));
  it('leave nothing for later', () => expectNone(laterNotes));
  it('silence no check without a reason', () => expectNone(silencedChecks));
  it('of the kernel have never heard of Kafka', () => expectNone(kafkaWordsInKernel));
});

describe('packages', () => {
  it('are all in the lock file, for every platform', () => expectNone(incompleteLock));
  it('are locked as package.json asks', () => expectNone(staleLock));
  it('are pinned', () => expectNone(unpinnedDependencies));
  it('come from no address that only some can reach', () => expectNone(privateAddresses));
  it('run nothing while they are installed', () => expectNone(installScripts));
  it('run on the oldest Node we promise', () => expectNone(refusedNodes));
});

describe('documents', () => {
  it('link to what exists', () => expectNone(brokenLinks));
});
