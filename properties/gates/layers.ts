/**
 * The architecture as data: who may import whom, and the sentence that says why. Think hard before changing a row; a
 * new arrow is a decision about the project, not about one file.
 *
 * An arrow points down, or sideways where a row says so; a layer may always import itself. Test files keep their
 * layer's rule and may also use the test tools.
 */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { importsOf, readFiles } from './source-tree.ts';
import type { Import, SourceFile, Violation } from './source-tree.ts';

interface Layer {
  /** Layers below it that it may import. */
  readonly layers: readonly string[];
  /** Of those, the ones it may import types from and nothing that runs. */
  readonly typesOnly?: readonly string[];
  /** npm packages, each with the folder or file it is confined to (`''` for the whole layer). */
  readonly packages: Readonly<Record<string, string>>;
  /** May import Node's own modules, in the whole layer (`''`) or in one file of it. */
  readonly node?: string;
  readonly why: string;
}

const BELOW_SCENARIOS = ['actors', 'network', 'checkers', 'history', 'kafka', 'kernel'];

export const LAYERS: Readonly<Record<string, Layer>> = {
  kernel: {
    layers: [],
    packages: { xstate: 'kernel/statechart/', seedrandom: 'kernel/random.ts' },
    why: 'the kernel is time, queue, streams, disk and nodes; someone who knows simulation reads it and never meets Kafka',
  },
  kafka: {
    layers: ['kernel'],
    packages: {},
    why: 'the domain is values and pure functions that would be true on a whiteboard, without messages or roles',
  },
  history: {
    layers: ['kafka', 'kernel'],
    packages: {},
    why: 'history says what clients saw; who made them see it, and whether it was right, is for others',
  },
  network: {
    layers: ['kernel'],
    packages: {},
    why: 'the network decides what arrives; its payloads are opaque, so no fault can depend on what a message says',
  },
  checkers: {
    layers: ['history', 'kafka', 'kernel'],
    packages: {},
    why: 'a checker judges what was recorded; one that sees the actors would believe what they believe',
  },
  actors: {
    layers: ['history', 'kafka', 'kernel'],
    typesOnly: ['history'],
    packages: { xstate: '' },
    why: 'an actor decides and returns effects; it knows no network, no checker and no scenario, and of history only the shape of an observation',
  },
  scenarios: {
    layers: BELOW_SCENARIOS,
    packages: { yaml: '', zod: '' },
    why: 'scenarios put a world together from everything below; what searches, shows or embeds worlds is above',
  },
  explorer: {
    layers: ['scenarios', ...BELOW_SCENARIOS],
    packages: {},
    why: 'the explorer picks runs; it neither draws them nor reads files',
  },
  report: {
    layers: ['explorer', 'scenarios', ...BELOW_SCENARIOS],
    packages: {},
    why: 'a report is a function of a finished run; it starts none and searches for none',
  },
  testing: {
    layers: ['explorer', 'scenarios', ...BELOW_SCENARIOS],
    packages: { 'fast-check': '', vitest: 'testing/vitest.ts' },
    node: 'testing/outside.ts',
    why: 'testing embeds worlds in the test suites of others, and shrinks what fails there; it stays as small as what they import',
  },
  cli: {
    layers: ['explorer', 'report', 'testing', 'scenarios', ...BELOW_SCENARIOS],
    packages: { commander: '', yaml: '', zod: '' },
    node: '',
    why: 'the command line is the only edge to argv, files, environment and the wall clock',
  },
};

const TEST_TOOLS = new Set(['vitest', 'fast-check', 'xstate']);

export const isTypeScript = (path: string): boolean => path.endsWith('.ts');
export const isTest = (path: string): boolean => path.endsWith('.test.ts');

/** `zod/v4` -> `zod`, `@scope/name/part` -> `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function layerOf(path: string): string | undefined {
  const [src, layer, ...rest] = path.split('/');
  return src === 'src' && layer !== undefined && rest.length > 0 ? layer : undefined;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing else in src' : names.join(', ');
}

/** What is wrong with one import of a file in `name`; undefined when the table allows it. */
function objection(file: SourceFile, name: string, layer: Layer, one: Import): string | undefined {
  const { specifier } = one;
  if (specifier === undefined) return 'imports a computed path; name the module, so that the layer table can be held against it';

  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(file.path), specifier));
    if (!target.startsWith('src/')) return `imports ${target}; nothing in src imports what is outside it`;
    const other = layerOf(target);
    if (other === name) return undefined;
    if (other === undefined || !layer.layers.includes(other)) {
      return `imports ${target}; ${name} may import ${list(layer.layers)}: ${layer.why}`;
    }
    if (layer.typesOnly?.includes(other) === true && !one.isTypeOnly && !isTest(file.path)) {
      return `imports ${target} to run it; ${name} may import only types from ${other}: ${layer.why}`;
    }
    return undefined;
  }

  if (specifier.startsWith('node:')) {
    const mayTouch = layer.node !== undefined && file.path.startsWith(`src/${layer.node === '' ? name : layer.node}`);
    return mayTouch || isTest(file.path) ? undefined : `imports ${specifier}; only src/cli and src/testing/outside.ts touch the machine: ${layer.why}`;
  }
  const dependency = packageOf(specifier);
  if (isTest(file.path) && TEST_TOOLS.has(dependency)) return undefined;
  const home = layer.packages[dependency];
  if (home === undefined) return `imports the package ${dependency}; ${name} may import ${list(Object.keys(layer.packages))}: ${layer.why}`;
  if (!file.path.startsWith(`src/${home}`)) return `imports the package ${dependency}, which is confined to src/${home}: ${layer.why}`;
  return undefined;
}

/** Imports in `src` that the table does not allow, and files of `src` that belong to no layer. */
export function layerViolations(root: string): Violation[] {
  const found: Violation[] = [];
  for (const file of readFiles(root, 'src', isTypeScript)) {
    const name = layerOf(file.path);
    const layer = name === undefined ? undefined : LAYERS[name];
    if (name === undefined || layer === undefined) {
      found.push({ path: file.path, line: 1, message: `belongs to no layer; the folders of src are ${Object.keys(LAYERS).join(', ')}` });
      continue;
    }
    for (const one of importsOf(file)) {
      const message = objection(file, name, layer, one);
      if (message !== undefined) found.push({ path: file.path, line: one.line, message });
    }
  }
  return found;
}

/** Packages that shipped code imports and package.json does not promise to install with it. */
export function undeclaredPackages(root: string): Violation[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<'dependencies' | 'peerDependencies', Record<string, string> | undefined>;
  const promised = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  return readFiles(root, 'src', (path) => isTypeScript(path) && !isTest(path)).flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier !== undefined && !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .filter(({ specifier }) => !promised.has(packageOf(specifier as string)))
      .map(({ specifier, line }) => ({
        path: file.path,
        line,
        message: `imports ${packageOf(specifier as string)}, which is neither a dependency nor a peer dependency: it would be missing where Harrow is installed`,
      })),
  );
}

/** Imports of scripts/ that need an installed package: the scripts are what installs them. */
export function scriptViolations(root: string): Violation[] {
  return readFiles(root, 'scripts', (path) => path.endsWith('.mjs')).flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier === undefined || !/^(node:|\.)/.test(specifier))
      .map(({ specifier, line }) => ({
        path: file.path,
        line,
        message: `imports ${specifier ?? 'a computed path'}; scripts use only Node's own modules, because they run before anything is installed`,
      })),
  );
}
