/**
 * Every gate of repository.test.ts, held against a tree with exactly one thing wrong: it must fail, at the right
 * place, with a message that helps. A gate that cannot fail is worse than none, because it is believed.
 */
import { describe, expect, it } from 'vitest';
import { layerViolations, LAYERS, scriptViolations, undeclaredPackages } from './layers.ts';
import { brokenLinks } from './links.ts';
import { incompleteLock, installScripts, privateAddresses, refusedNodes, staleLock, unpinnedDependencies } from './packages.ts';
import { plant } from './planted-tree.ts';
import { describeViolations } from './source-tree.ts';
import type { Violation } from './source-tree.ts';
import { kafkaWordsInKernel, laterNotes, longFiles, MAX_LINES, missingHeaders, silencedChecks } from './tidy.ts';

const HEADER = '/** A planted file that is otherwise in order. */\n';

const findings = (gate: (root: string) => Violation[], files: Record<string, string>): string[] => describeViolations(gate(plant(files)));

describe('the layer gate', () => {
  it('refuses an import that points up, and says why the layer is where it is', () => {
    const [found, ...others] = findings(layerViolations, {
      'src/network/link.ts': `${HEADER}import { leader } from '../actors/broker/state.ts';\nexport const x = leader;\n`,
    });
    expect(found).toBe(
      'src/network/link.ts:2  imports src/actors/broker/state.ts; network may import kernel: ' +
        'the network decides what arrives; its payloads are opaque, so no fault can depend on what a message says',
    );
    expect(others).toEqual([]);
  });

  it('refuses every arrow that the table does not hold, and allows every arrow that it does', () => {
    const names = Object.keys(LAYERS);
    for (const from of names) {
      for (const to of names) {
        const found = findings(layerViolations, { [`src/${from}/a.ts`]: `${HEADER}import type { X } from '../${to}/b.ts';\nexport type Y = X;\n` });
        const isAllowed = from === to || LAYERS[from]?.layers.includes(to) === true;
        expect(found.length, `${from} -> ${to}`).toBe(isAllowed ? 0 : 1);
      }
    }
  });

  it('sees through re-exports, dynamic imports, require and import types', () => {
    for (const code of [
      "export * from '../cli/main.ts';",
      "export const late = import('../cli/main.ts');",
      "export const old = require('../cli/main.ts');",
      "export type T = import('../cli/main.ts').T;",
    ]) {
      expect(findings(layerViolations, { 'src/kernel/a.ts': `${HEADER}${code}\n` })).toHaveLength(1);
    }
  });

  it('lets actors name the types of observations and nothing that runs', () => {
    const actor = (code: string): string[] => findings(layerViolations, { 'src/actors/consumer/machine.ts': `${HEADER}${code}\n` });
    expect(actor("import type { Observation } from '../../history/history.ts';\nexport type O = Observation;")).toEqual([]);
    expect(actor("import { record } from '../../history/history.ts';\nexport const r = record;")[0]).toContain(
      'imports src/history/history.ts to run it; actors may import only types from history',
    );
  });

  it('confines a package to its file, and refuses the others', () => {
    const kernel = (path: string, name: string): string | undefined =>
      findings(layerViolations, { [path]: `${HEADER}import it from '${name}';\nexport const x = it;\n` })[0];
    expect(kernel('src/kernel/random.ts', 'seedrandom')).toBeUndefined();
    expect(kernel('src/kernel/statechart/compile.ts', 'xstate')).toBeUndefined();
    expect(kernel('src/kernel/queue.ts', 'xstate')).toContain('xstate, which is confined to src/kernel/statechart/');
    expect(kernel('src/kernel/queue.ts', 'seedrandom')).toContain('seedrandom, which is confined to src/kernel/random.ts');
    expect(kernel('src/checkers/a.ts', 'zod')).toContain('imports the package zod; checkers may import nothing else in src');
    expect(kernel('src/kernel/a.ts', 'fs')).toContain('imports the package fs');
    expect(kernel('src/scenarios/a.ts', 'node:fs')).toContain('imports node:fs; only src/cli and src/testing/outside.ts touch the machine');
    expect(kernel('src/cli/a.ts', 'node:fs')).toBeUndefined();
    expect(kernel('src/kernel/a.test.ts', 'vitest')).toBeUndefined();
    expect(kernel('src/kernel/a.test.ts', 'commander')).toContain('imports the package commander');
  });

  it('refuses imports from outside src, computed imports, and files that belong nowhere', () => {
    expect(findings(layerViolations, { 'src/cli/a.ts': `${HEADER}import '../../properties/support/seed.ts';\n` })[0]).toContain(
      'nothing in src imports what is outside it',
    );
    expect(findings(layerViolations, { 'src/cli/a.ts': `${HEADER}export const x = (name: string) => import(name);\n` })[0]).toContain('imports a computed path');
    expect(findings(layerViolations, { 'src/utils/a.ts': HEADER })[0]).toContain('belongs to no layer; the folders of src are kernel,');
    expect(findings(layerViolations, { 'src/a.ts': HEADER })[0]).toContain('belongs to no layer');
  });

  it('refuses a package that would be missing where Harrow is installed', () => {
    const files = { 'package.json': '{ "dependencies": { "zod": "4.6.7" } }', 'src/scenarios/a.ts': "import { z } from 'zod/v4';\nimport YAML from 'yaml';\n" };
    expect(findings(undeclaredPackages, files)).toEqual([expect.stringContaining('src/scenarios/a.ts:2  imports yaml, which is neither')]);
  });

  it('refuses a script that needs what it is about to install', () => {
    expect(findings(scriptViolations, { 'scripts/a.mjs': "import 'node:fs';\nimport './b.mjs';\nimport 'semver';\n" })).toEqual([
      expect.stringContaining('scripts/a.mjs:3  imports semver; scripts use only'),
    ]);
  });
});

describe('the tidy gates', () => {
  it('refuse a file that does not say what it is', () => {
    const files = {
      'src/kernel/good.ts': HEADER,
      'src/cli/main.ts': `#!/usr/bin/env node\n${HEADER}`,
      'src/kernel/bare.ts': 'export const x = 1;\n',
      'src/kernel/empty.ts': '/** */\nexport const x = 1;\n',
      'src/kernel/line.ts': '// A line comment is not a doc comment.\n',
      'src/kernel/late.ts': `import './good.ts';\n${HEADER}`,
      'src/kernel/a.test.ts': 'export {};\n',
    };
    expect(findings(missingHeaders, files).map((line) => line.split(':')[0])).toEqual(
      ['bare', 'empty', 'late', 'line'].map((name) => `src/kernel/${name}.ts`),
    );
  });

  it('refuse a file of 500 lines, and an excuse that nobody needs', () => {
    const lines = (count: number): string => HEADER + 'export {};\n'.repeat(count - 1);
    const files = { 'src/kernel/long.ts': lines(500), 'src/kernel/full.ts': lines(MAX_LINES) };
    expect(findings(longFiles, files)).toEqual([
      'src/kernel/long.ts:401  is 500 lines long, the limit is 400: find the second idea in it and give that a file',
    ]);
    expect(describeViolations(longFiles(plant(files), { 'src/kernel/long.ts': 'one table', 'src/kernel/full.ts': 'none' }))).toEqual([
      'src/kernel/full.ts:1  is excused from the limit of 400 lines and does not need it any more',
    ]);
  });

  it('refuse notes for later', () => {
    for (const word of ['TO_DO', 'FIX_ME', 'XX_X'].map((apart) => apart.replace('_', ''))) {
      expect(findings(laterNotes, { 'properties/a.test.ts': `${HEADER}\n// ${word}: think\n` })).toEqual([
        expect.stringContaining(`properties/a.test.ts:3  says ${word}: do it, or write an issue`),
      ]);
    }
    expect(findings(laterNotes, { 'src/kernel/a.ts': "export const XXXL = 'TODOS';\n" })).toEqual([]);
  });

  it('refuse to silence a check without a reason', () => {
    const silenced = (comment: string): string[] => findings(silencedChecks, { 'src/kernel/a.ts': `${HEADER}${comment}\nexport {};\n` });
    expect(silenced('// oxlint-disable-next-line no-explicit-any')[0]).toContain('src/kernel/a.ts:2  silences the linter without a reason');
    expect(silenced('/* eslint-disable no-console */')).toHaveLength(1);
    expect(silenced('// oxlint-disable-next-line typescript/no-explicit-any -- XState types its snapshot so')).toEqual([]);
    expect(silenced('// @ts-ignore the types are wrong here, see the issue')[0]).toContain('use @ts-expect-error');
    expect(silenced('// @ts-expect-error')).toHaveLength(1);
    expect(silenced('// @ts-expect-error a negative offset is refused')).toEqual([]);
  });

  it('refuse Kafka in the code of the kernel, and allow it in its comments', () => {
    const kernel = (code: string): string[] => findings(kafkaWordsInKernel, { 'src/kernel/a.ts': `/** Knows nothing of Kafka's brokers. */\n${code}\n` });
    expect(kernel('export const leaderEpochs = 1;')[0]).toContain('src/kernel/a.ts:2  says "leader"');
    expect(kernel("export const s = 'to the broker';")[0]).toContain('says "broker"');
    expect(kernel('export const s = `topic-${1}`;')[0]).toContain('says "topic"');
    expect(kernel('export interface A { inISR: boolean }')[0]).toContain('says "isr"');
    expect(kernel('export const isRunning = 1; export const topical = replicate();')).toEqual([]);
  });
});

describe('the package gates', () => {
  const lock = (packages: Record<string, unknown>): string => JSON.stringify({ packages: { '': {}, ...packages } }, null, 2);
  const manifest = (fields: Record<string, unknown>): string => JSON.stringify({ engines: { node: '>=20.19' }, ...fields }, null, 2);

  it('refuse a version that may move', () => {
    for (const version of ['^1.2.3', '~1.2.3', '1.2', '*', 'latest', '>=1.0.0', 'github:a/b', 'file:../b']) {
      const found = findings(unpinnedDependencies, { 'package.json': manifest({ dependencies: { exact: '1.2.3', moving: version } }) });
      expect(found, version).toEqual([expect.stringContaining(`moving is "${version}": pin the exact version`)]);
    }
    expect(findings(unpinnedDependencies, { 'package.json': manifest({ devDependencies: { moving: '^1.0.0' } }) })).toHaveLength(1);
  });

  it('refuse a lock file without the binary of another platform', () => {
    const found = findings(incompleteLock, {
      'package-lock.json': JSON.stringify({
        packages: {
          '': { dependencies: { a: '1.0.0' }, devDependencies: { tool: '1.0.0' } },
          'node_modules/a': { version: '1.0.0', dependencies: { nested: '2.0.0', shared: '1.0.0' } },
          'node_modules/a/node_modules/nested': { version: '2.0.0', dependencies: { shared: '1.0.0' } },
          'node_modules/shared': { version: '1.0.0' },
          'node_modules/tool': { version: '1.0.0', optionalDependencies: { '@tool/linux': '1.0.0', '@tool/darwin': '1.0.0' } },
          'node_modules/@tool/linux': { version: '1.0.0' },
        },
      }),
    });
    expect(found).toEqual([expect.stringContaining('@tool/darwin, which tool asks for, is missing: npm ci refuses the file')]);
  });

  it('refuse a lock file that belongs to another package.json', () => {
    const found = findings(staleLock, {
      'package.json': manifest({ dependencies: { same: '1.0.0', moved: '1.1.0', added: '1.0.0' } }),
      'package-lock.json': JSON.stringify({ packages: { '': { dependencies: { same: '1.0.0', moved: '1.0.0' }, devDependencies: { dropped: '3.0.0' } } } }),
    });
    expect(found.map((line) => line.split('  ')[1]?.split(':')[0])).toEqual([
      'moved is 1.1.0 in package.json and 1.0.0 here',
      'added is 1.0.0 in package.json and absent here',
      'dropped is absent in package.json and 3.0.0 here',
    ]);
  });

  it('refuse an address that only one machine can reach', () => {
    const found = findings(privateAddresses, {
      'package-lock.json': lock({
        'node_modules/a': { resolved: 'https://registry.npmjs.org/a/-/a-1.0.0.tgz' },
        'node_modules/b': {},
        'node_modules/@c/d': { resolved: 'http://mirror.local:4873/d.tgz' },
      }),
    });
    expect(found).toEqual([expect.stringContaining('@c/d is fetched from http://mirror.local:4873/d.tgz')]);
  });

  it('refuse an install script in what ships, also of a dependency of a dependency', () => {
    const found = findings(installScripts, {
      'package-lock.json': lock({
        'node_modules/told': { hasInstallScript: true },
        'node_modules/a/node_modules/untold': {},
        'node_modules/tool': { dev: true, hasInstallScript: true },
        'node_modules/clean': {},
      }),
      'node_modules/a/node_modules/untold/package.json': '{ "scripts": { "postinstall": "node build.js" } }',
      'node_modules/clean/package.json': '{ "scripts": { "test": "x" } }',
    });
    expect(found).toEqual([expect.stringContaining('told runs an install script'), expect.stringContaining('untold runs postinstall')]);
  });

  it('refuse a package that refuses the oldest Node', () => {
    const found = findings(refusedNodes, {
      'package.json': manifest({}),
      'package-lock.json': lock({
        'node_modules/old': { version: '1.0.0', engines: { node: '^20.19.0 || >=22.12.0' } },
        'node_modules/new': { version: '2.0.0', engines: { node: '>=22.12' } },
        'node_modules/odd': { version: '3.0.0', engines: { node: '^20.20.0 || >=22' } },
      }),
    });
    expect(found).toEqual([expect.stringContaining('new 2.0.0 needs Node >=22.12, we promise 20.19.0'), expect.stringContaining('odd 3.0.0 needs')]);
  });
});

describe('the link gate', () => {
  it('refuses a link to a file that is not there', () => {
    const found = findings(brokenLinks, {
      'README.md': '# Harrow\n\n[good](docs/a.md) [bad](docs/b.md) ![gone](x.png) [web](https://example.org/none)\n[ref]: ./missing.md\n',
      'docs/a.md': '# A\n[up](../README.md#harrow) [folder](../docs) [case](../readme.md)\n',
    });
    expect(found).toEqual([
      'README.md:3  links to docs/b.md, and there is no docs/b.md',
      'README.md:3  links to x.png, and there is no x.png',
      'README.md:4  links to ./missing.md, and there is no missing.md',
      'docs/a.md:2  links to ../readme.md, and there is no readme.md',
    ]);
  });

  it('refuses a link to a heading that is not there', () => {
    const found = findings(brokenLinks, {
      'a.md': "# What a `run` costs, and why\n## Twice\n## Twice\n[1](#what-a-run-costs-and-why) [2](#twice-1) [3](#twice-2) [4](b.md#gone)\n",
      'b.md': '# Here\n```\n# gone\n```\n',
    });
    expect(found.map((line) => line.split('  ')[1])).toEqual([
      'links to #twice-2, and a.md has no heading #twice-2',
      'links to b.md#gone, and b.md has no heading #gone',
    ]);
  });

  it('does not read links out of code', () => {
    expect(findings(brokenLinks, { 'a.md': '`[x](none.md)`\n\n```md\n[y](none.md)\n```\n<!-- [z](none.md) -->\n' })).toEqual([]);
  });
});
