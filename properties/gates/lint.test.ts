/**
 * One planted violation for every ban of .oxlintrc.json: the repository's own configuration is copied beside a file
 * that breaks one rule, and oxlint must object to that file, by that rule, naming the replacement. The bans are read
 * from the configuration, so a new one is planted by itself; the contract below names those that must never go.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { plant } from './planted-tree.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HEADER = '/** A planted file that is otherwise in order. */\n';

interface Finding {
  readonly path: string;
  readonly rule: string;
  readonly text: string;
}

/** Runs oxlint with this repository's configuration on `files`. */
function lint(files: Readonly<Record<string, string>>): Finding[] {
  const root = plant(files);
  cpSync(join(ROOT, '.oxlintrc.json'), join(root, '.oxlintrc.json'));
  cpSync(join(ROOT, 'scripts/lint'), join(root, 'scripts/lint'), { recursive: true });
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--format=json', 'src', 'properties'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { message: string; code: string; help?: string; filename: string; severity: string }[] };
  expect(status, 'oxlint exits with 1 exactly when it objects').toBe(diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0);
  return diagnostics.map(({ message, code, help, filename }) => ({ path: filename, rule: code, text: `${message} ${help ?? ''}` }));
}

interface Ban {
  readonly name?: string;
  readonly object?: string;
  readonly property?: string;
  readonly message: string;
}

interface Configuration {
  readonly rules: Readonly<Record<string, unknown>>;
  readonly overrides: readonly { readonly files: readonly string[]; readonly rules: Readonly<Record<string, unknown>> }[];
}

const CONFIGURATION = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8').replace(/^\s*\/\/.*$/gm, '')) as Configuration;

/** The entries of a list rule in the override for exactly `files`. */
function bans(files: string, rule: string): Ban[] {
  const configured = CONFIGURATION.overrides.find((override) => override.files.includes(files))?.rules[rule];
  return Array.isArray(configured) ? (configured.slice(1) as Ban[]) : [];
}

/** What is wrong, code that does it, the rule that must object, and the advice it must give. */
const PLANTED: readonly (readonly [what: string, code: string, rule: string, advice: string])[] = [
  ['a module of Node', "import { readFileSync } from 'node:fs';\nexport const planted = readFileSync;", 'eslint(no-restricted-imports)', 'belong to src/cli'],
  ['an async function', 'export async function planted(): Promise<void> {}', 'harrow(no-async)', 'return effects as data'],
  ['an async arrow', 'export const planted = async (): Promise<void> => {};', 'harrow(no-async)', 'return effects as data'],
  ['an async method', 'export class Planted { async run(): Promise<void> {} }', 'harrow(no-async)', 'return effects as data'],
  ['an await at the top', 'export const planted = await load();\ndeclare function load(): Promise<void>;', 'harrow(no-async)', 'return effects as data'],
  ['a dynamic import', "export const planted: unknown = import('./other.ts');", 'harrow(no-async)', 'return effects as data'],
  ['for-in', 'export function planted(o: object): void { for (const k in o) if (Object.hasOwn(o, k)) throw new Error(k); }', 'harrow(no-for-in)', 'Walk an array or a Map with for-of'],
  ['sort without a comparator', 'export const planted = (a: number[]): number[] => a.sort();', 'harrow(sort-needs-comparator)', '(a, b) => a - b'],
  ['toSorted without a comparator', 'export const planted = (a: number[]): number[] => a?.toSorted();', 'harrow(sort-needs-comparator)', '(a, b) => a - b'],
  ['a logarithm', 'export const planted = (x: number): number => Math.log(x);', 'harrow(no-rounded-math)', 'Use integers'],
  ['a power', 'export const planted = (x: number): number => x ** 0.5;', 'harrow(no-rounded-power)', 'Use integers'],
  ['a power in place', 'export function planted(x: number): number { x **= 2; return x; }', 'harrow(no-rounded-power)', 'Use integers'],
  ['any', 'export const planted = (x: any): unknown => x;', 'typescript(no-explicit-any)', 'any'],
  ['an unused variable', 'const planted = 1;', 'eslint(no-unused-vars)', 'planted'],
  ['an unused import', "import { other } from './other.ts';", 'eslint(no-unused-vars)', 'other'],
  ['code from text', "export const planted = new Function('return Date.now()');", 'eslint(no-new-func)', 'Define the function directly'],
  ['a mixed equality', 'export const planted = (a: unknown): boolean => a == 1;', 'eslint(eqeqeq)', '==='],
  ['a non-null assertion', 'export const planted = (a: number[]): number => a[0]!;', 'typescript(no-non-null-assertion)', 'non-null assertion'],
  ['a disabled linter', '/* oxlint-disable */\nexport const planted = 1;', 'unicorn(no-abusive-eslint-disable)', 'specify'],
];

describe('below the command line', () => {
  it('every banned global is refused, with the replacement', () => {
    const banned = bans('src/**/*.ts', 'no-restricted-globals');
    const found = lint(Object.fromEntries(banned.map(({ name }) => [`src/kernel/${name}.ts`, `${HEADER}export const planted: unknown = ${name};\n`])));
    for (const { name, message } of banned) {
      expect(found).toContainEqual({ path: `src/kernel/${name}.ts`, rule: 'eslint(no-restricted-globals)', text: expect.stringContaining(message) });
    }
  });

  it('every banned property is refused, with the replacement', () => {
    const banned = bans('src/**/*.ts', 'no-restricted-properties');
    const found = lint(
      Object.fromEntries(banned.map(({ object, property }) => [`src/actors/${property}.ts`, `${HEADER}export const planted = (${object ?? 'value'}: any) => ${object ?? 'value'}.${property};\n`])),
    );
    for (const { property, message } of banned) {
      expect(found).toContainEqual({ path: `src/actors/${property}.ts`, rule: 'eslint(no-restricted-properties)', text: expect.stringContaining(message) });
    }
  });

  it('the contract of determinism is in the configuration', () => {
    const globals = bans('src/**/*.ts', 'no-restricted-globals').map(({ name }) => name);
    expect(globals).toEqual(
      expect.arrayContaining(['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'crypto', 'Promise', 'console', 'Intl', 'globalThis']),
    );
    const properties = bans('src/**/*.ts', 'no-restricted-properties').map(({ object, property }) => `${object ?? '*'}.${property}`);
    expect(properties).toEqual(expect.arrayContaining(['Math.random', '*.randomUUID', '*.localeCompare', '*.toLocaleString']));
  });

  it('everything else that is planted is refused, with what to do about it', () => {
    const pathOf = (index: number): string => `src/kernel/planted-${index}.ts`;
    const found = lint({
      'src/kernel/other.ts': `${HEADER}export const other = 1;\n`,
      ...Object.fromEntries(PLANTED.map(([, code], index) => [pathOf(index), `${HEADER}${code}\n`])),
    });
    for (const [index, [what, , rule, advice]] of PLANTED.entries()) {
      expect(found, what).toContainEqual({ path: pathOf(index), rule, text: expect.stringContaining(advice) });
    }
  });

  it('every rule of our own plugin is planted', async () => {
    const { default: plugin } = (await import('../../scripts/lint/harrow.mjs' as string)) as { default: { rules: Record<string, unknown> } };
    const planted = new Set(PLANTED.map(([, , rule]) => rule));
    expect(Object.keys(plugin.rules).filter((rule) => !planted.has(`harrow(${rule})`))).toEqual([]);
  });

  it('a cycle of imports is refused', () => {
    const found = lint({
      'src/kernel/a.ts': `${HEADER}import { b } from './b.ts';\nexport const a = (): number => b();\n`,
      'src/kernel/b.ts': `${HEADER}import { c } from './c.ts';\nexport const b = (): number => c();\n`,
      'src/kernel/c.ts': `${HEADER}import { a } from './a.ts';\nexport const c = (): number => a();\n`,
    });
    expect(found).toContainEqual({ path: 'src/kernel/a.ts', rule: 'import(no-cycle)', text: expect.stringContaining('cycle') });
  });

  it('a local name that hides a banned global is nobody’s business', () => {
    const code = 'export function planted(process: { index: number }, sorted: number[]): number {\n  return process.index + sorted.toSorted((a, b) => a - b).length + 2 ** 32;\n}\n';
    expect(lint({ 'src/kernel/planted.ts': HEADER + code })).toEqual([]);
  });

  it('every layer but the command line is held', () => {
    const layers = ['kernel', 'kafka', 'history', 'network', 'checkers', 'actors', 'scenarios', 'explorer', 'report', 'testing'];
    const code = `${HEADER}export const planted = [Date.now(), Math.random()];\n`;
    const found = lint(Object.fromEntries(['cli', ...layers].map((layer) => [`src/${layer}/planted.ts`, code])));
    expect(new Set(found.map(({ path }) => path))).toEqual(new Set(layers.map((layer) => `src/${layer}/planted.ts`)));
  });
});

describe('the report page', () => {
  const PAGE = 'src/report/page/**/*.ts';

  it('may wait for the browser', () => {
    const code = 'export async function planted(): Promise<unknown> {\n  return await new Response(window.name).text();\n}\n';
    expect(lint({ 'src/report/page/planted.ts': HEADER + code })).toEqual([]);
  });

  it('may ask nobody for anything, and make no markup of words', () => {
    const globals = bans(PAGE, 'no-restricted-globals');
    const properties = bans(PAGE, 'no-restricted-properties');
    expect(globals.map(({ name }) => name)).toEqual(expect.arrayContaining(['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource']));
    expect(properties.map(({ property }) => property)).toEqual(expect.arrayContaining(['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write']));
    const found = lint({
      ...Object.fromEntries(globals.map(({ name }) => [`src/report/page/${name}.ts`, `${HEADER}export const planted: unknown = ${name};\n`])),
      ...Object.fromEntries(properties.map(({ object, property }) => [`src/report/page/${property}.ts`, `${HEADER}export const planted = (${object ?? 'value'}: any) => ${object ?? 'value'}.${property};\n`])),
    });
    for (const { name, message } of globals) expect(found).toContainEqual({ path: `src/report/page/${name}.ts`, rule: 'eslint(no-restricted-globals)', text: expect.stringContaining(message) });
    for (const { property, message } of properties) expect(found).toContainEqual({ path: `src/report/page/${property}.ts`, rule: 'eslint(no-restricted-properties)', text: expect.stringContaining(message) });
  });
});

describe('the command line', () => {
  it('may read clocks, files and the environment, and may wait', () => {
    const code = "import { readFileSync } from 'node:fs';\nexport async function planted(): Promise<unknown> {\n  await Promise.resolve();\n  return [Date.now(), process.env, readFileSync];\n}\n";
    expect(lint({ 'src/cli/planted.ts': HEADER + code })).toEqual([]);
  });

  it('may not depend on the locale', () => {
    const found = lint({ 'src/cli/planted.ts': `${HEADER}export const planted = (a: string, b: string): number => a.localeCompare(b);\n` });
    expect(found.map(({ rule }) => rule)).toEqual(['eslint(no-restricted-properties)']);
  });
});

describe('tests', () => {
  const test = (body: string): string => `import { expect, it } from 'vitest';\nit('holds', () => {\n  ${body}\n  expect(1).toBe(1);\n});\n`;

  it('may not draw numbers that nobody can repeat', () => {
    for (const path of ['src/kernel/planted.test.ts', 'properties/safety/planted.test.ts']) {
      const found = lint({ [path]: test('expect(Math.random()).toBeLessThan(1);') });
      expect(found).toEqual([{ path, rule: 'eslint(no-restricted-properties)', text: expect.stringContaining('freshSeed() from properties/support/seed.ts') }]);
    }
  });

  it('may not be left out, run alone, or prove nothing', () => {
    const rules = (code: string): string[] => lint({ 'properties/planted.test.ts': code }).map(({ rule }) => rule);
    expect(rules(test('').replace('it(', 'it.only('))).toEqual(['vitest(no-focused-tests)']);
    expect(rules(test('').replace('it(', 'it.skip('))).toEqual(['vitest(no-disabled-tests)']);
    expect(rules("import { it } from 'vitest';\nit('holds', () => {\n  String(1);\n});\n")).toEqual(['vitest(expect-expect)']);
  });

  it('may read files and wait', () => {
    const code = "import { readFileSync } from 'node:fs';\nimport { expect, it } from 'vitest';\nit('holds', async () => {\n  await Promise.resolve();\n  expect(readFileSync).toBeDefined();\n});\n";
    expect(lint({ 'src/kernel/planted.test.ts': code })).toEqual([]);
  });
});
