/** The import parser that the layer table stands on: nothing that imports may slip past it. */
import { describe, expect, it } from 'vitest';
import { codeWordsOf, importsOf, lineAt } from './source-tree.ts';

const importsIn = (text: string): [string | undefined, 'types' | 'code'][] =>
  importsOf({ path: 'sample.ts', text }).map(({ specifier, isTypeOnly }) => [specifier, isTypeOnly ? 'types' : 'code']);

describe('the import parser', () => {
  it('finds every form of import', () => {
    expect(importsIn("import './effect.ts';")).toEqual([['./effect.ts', 'code']]);
    expect(importsIn("import fc, { nat as n } from 'fast-check';")).toEqual([['fast-check', 'code']]);
    expect(importsIn("import * as all from '../all.ts';")).toEqual([['../all.ts', 'code']]);
    expect(importsIn("export * from './a.ts'; export * as b from './b.ts'; export { c } from './c.ts';")).toEqual([
      ['./a.ts', 'code'],
      ['./b.ts', 'code'],
      ['./c.ts', 'code'],
    ]);
    expect(importsIn("import old = require('old');")).toEqual([['old', 'code']]);
    expect(importsIn("const late = () => import('./late.ts');")).toEqual([['./late.ts', 'code']]);
    expect(importsIn('const late = import(`./plain.ts`);')).toEqual([['./plain.ts', 'code']]);
    expect(importsIn("const old = require('old');")).toEqual([['old', 'code']]);
    expect(importsIn('import {\n  a,\n  // from "./not-this.ts"\n  b,\n} from "./spread.ts";')).toEqual([['./spread.ts', 'code']]);
    expect(importsIn("import data from './data.json' with { type: 'json' };")).toEqual([['./data.json', 'code']]);
  });

  it('tells imports of types from imports of code', () => {
    expect(importsIn("import type { A } from './a.ts';")).toEqual([['./a.ts', 'types']]);
    expect(importsIn("import { type A, type B } from './a.ts';")).toEqual([['./a.ts', 'code']]);
    expect(importsIn("import { type A, b } from './a.ts';")).toEqual([['./a.ts', 'code']]);
    expect(importsIn("import {} from './a.ts';")).toEqual([['./a.ts', 'code']]);
    expect(importsIn("export type { A } from './a.ts';")).toEqual([['./a.ts', 'types']]);
    expect(importsIn("type Z = import('./z.ts').Z;")).toEqual([['./z.ts', 'types']]);
  });

  it('reports an import whose target is computed', () => {
    expect(importsIn('const plugin = import(name);')).toEqual([[undefined, 'code']]);
    expect(importsIn('const plugin = import(`./${name}.ts`);')).toEqual([[undefined, 'code']]);
  });

  it('is not fooled by what only looks like an import', () => {
    expect(importsIn("// import a from './a.ts'\n/* import b from './b.ts' */")).toEqual([]);
    expect(importsIn(`const text = "import a from './a.ts'"; const other = 'require("b")';`)).toEqual([]);
    expect(importsIn("const page = `import a from './a.ts'; ${`import('./b.ts')`}`;")).toEqual([]);
    expect(importsIn("const pattern = /import a from '.a'/; const ratio = a / b / import.meta.index;")).toEqual([]);
    expect(importsIn("const o = { from: './a.ts', import: 1 }; export const from = 'x'; o.require('./b.ts');")).toEqual([]);
    expect(importsIn('const generic = <T,>(x: T) => x; const less = a < b && c > "./d.ts";')).toEqual([]);
  });

  it('finds an import inside a template and after a regular expression', () => {
    expect(importsIn("const page = `${import('./inside.ts')}`;")).toEqual([['./inside.ts', 'code']]);
    expect(importsIn("const quote = /['\"`]/;\nimport('./after.ts');")).toEqual([['./after.ts', 'code']]);
  });

  it('names the file that does not parse', () => {
    expect(() => importsIn('import { from')).toThrow('sample.ts does not parse');
  });
});

describe('code words', () => {
  it('are identifiers and quoted text, not comments', () => {
    const words = codeWordsOf({ path: 'sample.ts', text: "// hidden\nconst shown = 'said' + `${part} whole`;" });
    expect(words.map(({ text }) => text)).toEqual(expect.arrayContaining(['shown', 'said', 'part', ' whole']));
    expect(words.some(({ text }) => text.includes('hidden'))).toBe(false);
    expect(words.every(({ line }) => line === 2)).toBe(true);
  });
});

describe('lineAt', () => {
  it('counts from 1', () => {
    expect([0, 1, 2, 3].map((offset) => lineAt('a\nb\n', offset))).toEqual([1, 1, 2, 2]);
  });
});
