/**
 * A source tree as the gates see it: files, what each one imports, and the words its code is made of. Takes the root
 * as an argument, so that a gate runs on the repository and on a planted violation alike.
 *
 * Imports are parsed, not searched for: oxc's parser, which vitest ships, reads TypeScript as it is. TypeScript 7 has
 * no compiler API in JavaScript yet.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vitest/node';

/** What a gate found: printed as `path:line  message`. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** As written: `./queue.ts`, `xstate`, `node:fs`; undefined for a dynamic import whose target is computed. */
  readonly specifier: string | undefined;
  readonly line: number;
  /** True when nothing of it is left at run time. `import { type A }` is not: verbatimModuleSyntax keeps `import {}`. */
  readonly isTypeOnly: boolean;
}

/** A word of the code: an identifier, or text in quotes. Comments are not code. */
export interface CodeWord {
  readonly text: string;
  readonly line: number;
}

const NOT_OURS = new Set(['node_modules', '.git', '.harrow', 'dist', 'coverage']);
/** Written by runs and builds, ignored by git. */
const isGenerated = (path: string): boolean => path === 'reports/runs' || /^dist-[^/]*$/.test(path);

/** Every file under `folder` (relative to `root`, `.` for all) that `wanted` accepts, in code unit order of its path. */
export function listFiles(root: string, folder: string, wanted: (path: string) => boolean): string[] {
  const found: string[] = [];
  const visit = (relative: string): void => {
    for (const entry of readdirSync(join(root, relative), { withFileTypes: true })) {
      const path = relative === '.' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!NOT_OURS.has(entry.name) && !isGenerated(path)) visit(path);
      } else if (entry.isFile() && wanted(path)) found.push(path);
    }
  };
  if (existsSync(join(root, folder))) visit(folder);
  return found.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

export function readFiles(root: string, folder: string, wanted: (path: string) => boolean): SourceFile[] {
  return listFiles(root, folder, wanted).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** A line per violation, ready for a failure message. */
export function describeViolations(violations: readonly Violation[]): string[] {
  return violations.map(({ path, line, message }) => `${path}:${line}  ${message}`);
}

/** 1 + the number of line breaks before `offset`. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line += 1;
  return line;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (isNode(value)) {
    visit(value);
    for (const [field, child] of Object.entries(value)) if (field !== 'parent') walk(child, visit);
  }
}

function parse(file: SourceFile): unknown {
  try {
    return parseAst(file.text, { lang: 'ts', sourceType: 'module' });
  } catch (error) {
    throw new Error(`${file.path} does not parse: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function literalText(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node.type === 'TemplateLiteral' && (node['expressions'] as unknown[]).length === 0) {
    return (node['quasis'] as { value: { cooked: string } }[])[0]?.value.cooked;
  }
  return undefined;
}

/** Every import of `file`: import, export-from, import-equals, dynamic import, `require()` and `import('...')` types. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  walk(parse(file), (node) => {
    const add = (target: unknown, isTypeOnly: boolean): void => {
      found.push({ specifier: literalText(target), line: lineAt(file.text, node.start), isTypeOnly });
    };
    switch (node.type) {
      case 'ImportDeclaration':
        add(node['source'], node['importKind'] === 'type');
        break;
      case 'ExportNamedDeclaration':
        if (isNode(node['source'])) add(node['source'], node['exportKind'] === 'type');
        break;
      case 'ExportAllDeclaration':
        add(node['source'], node['exportKind'] === 'type');
        break;
      case 'TSExternalModuleReference':
        add(node['expression'], false);
        break;
      case 'ImportExpression':
        add(node['source'], false);
        break;
      case 'TSImportType':
        add(node['source'], true);
        break;
      case 'CallExpression': {
        const callee = node['callee'];
        if (isNode(callee) && callee.type === 'Identifier' && callee['name'] === 'require') add((node['arguments'] as unknown[])[0], false);
        break;
      }
    }
  });
  return found;
}

/** Every identifier and quoted text of `file`, in order of appearance. */
export function codeWordsOf(file: SourceFile): CodeWord[] {
  const found: CodeWord[] = [];
  walk(parse(file), (node) => {
    const add = (text: string): void => {
      found.push({ text, line: lineAt(file.text, node.start) });
    };
    if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') add(String(node['name']));
    else if (node.type === 'Literal' && typeof node['value'] === 'string') add(node['value']);
    else if (node.type === 'TemplateElement') add((node['value'] as { raw: string }).raw);
  });
  return found;
}
