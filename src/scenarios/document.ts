/**
 * A YAML or JSON text as plain values, with the place of every key and value. The language is plain data: one
 * document, no anchors or aliases (an alias bomb is a few lines of them), no tags, names as keys. What breaks these
 * rules is a mistake with its place; the rest of the document is still read, so that its mistakes show as well.
 *
 * Source: YAML 1.2.2 core schema; the `yaml` package gives ranges.
 */
import { LineCounter, isAlias, isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import type { Node, Scalar } from 'yaml';
import { formatPath } from './problems.ts';
import type { Mistake, Path, Place, Problem } from './problems.ts';

/** Stands for a value that is already reported; readers pass over it in silence. */
export const BROKEN: unique symbol = Symbol('broken');

export interface Document {
  readonly file: string;
  /** Null-prototype objects, arrays, strings, numbers, booleans, null, or {@link BROKEN}. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** The problem of a mistake: where it is in the text. */
  locate(mistake: Mistake): Problem;
}

/** Larger texts are data, not scenarios: a workload of many rows belongs in a records file. */
const MAX_TEXT_LENGTH = 4 * 1024 * 1024;
const MAX_DEPTH = 32;

interface Span {
  key: number;
  value: number;
}

/** Reads `content` (bytes must be UTF-8). Never throws on bad content; `problems` says what is wrong with it. */
export function readDocument(file: string, content: string | Uint8Array): Document {
  const decoded = decodeUtf8(content);
  if ('badByte' in decoded) {
    return brokenDocument(file, placeIn(decoded.before, decoded.before.length), `not UTF-8 text: byte 0x${decoded.badByte.toString(16).padStart(2, '0')}; expected YAML or JSON in UTF-8`);
  }
  const { text } = decoded;
  if (text.length > MAX_TEXT_LENGTH) {
    return brokenDocument(file, { line: 1, column: 1 }, `${text.length} characters; expected at most ${MAX_TEXT_LENGTH}: put large workloads in a records file`);
  }
  const depth = firstTooDeep(text);
  if (depth !== undefined) return brokenDocument(file, placeIn(text, depth), `nested too deeply; expected at most ${MAX_DEPTH} levels`);
  return new YamlReader(file, text).read();
}

class YamlReader {
  private readonly file: string;
  private readonly text: string;
  private readonly spans = new Map<string, Span>();
  private readonly problems: Problem[] = [];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  read(): Document {
    const document = parseDocument(this.text, { lineCounter: new LineCounter(), prettyErrors: false, strict: true, uniqueKeys: false, version: '1.2' });
    for (const error of [...document.errors, ...document.warnings]) {
      if (error.code === 'MULTIPLE_DOCS') this.problem(error.pos[0], [], 'a second document; expected one scenario per file');
      else this.problem(error.pos[0], [], `not valid YAML: ${firstLine(error.message)}`);
    }
    const readable = document.errors.every((error) => error.code === 'MULTIPLE_DOCS') && document.warnings.length === 0;
    let value: unknown = BROKEN;
    if (readable && (document.contents === null || (isScalar(document.contents) && document.contents.value === null))) {
      this.problem(0, [], 'the file is empty; expected a scenario');
    } else if (readable) {
      value = this.valueOf(document.contents as Node, [], 0);
    }
    return { file: this.file, value, problems: this.problems, locate: (mistake) => this.locate(mistake) };
  }

  private valueOf(node: Node | null, path: Path, depth: number): unknown {
    const offset = node?.range?.[0];
    if (offset !== undefined) this.span(path).value = offset;
    if (node === null) return null;
    if (depth > MAX_DEPTH) {
      this.problem(offset ?? 0, path, `nested too deeply; expected at most ${MAX_DEPTH} levels`);
      return BROKEN;
    }
    if (isAlias(node)) {
      this.problem(offset ?? 0, path, `alias *${node.source}; expected the value itself: anchors and aliases are not part of the language`);
      return BROKEN;
    }
    if ((node as Scalar).anchor !== undefined) {
      this.problem(offset ?? 0, path, `anchor &${String((node as Scalar).anchor)}; expected a plain value: anchors and aliases are not part of the language`);
    }
    if (isMap(node)) return this.mappingOf(node.items, path, depth);
    if (isSeq(node)) return node.items.map((item, index) => this.valueOf(item as Node | null, [...path, index], depth + 1));
    return isScalar(node) ? node.value : BROKEN;
  }

  private mappingOf(items: readonly unknown[], path: Path, depth: number): unknown {
    const mapping = Object.create(null) as Record<string, unknown>;
    for (const pair of items) {
      if (!isPair(pair)) continue;
      const key = pair.key as Node | null;
      const keyOffset = key?.range?.[0] ?? 0;
      if (!isScalar(key) || typeof key.value !== 'string') {
        // `3.9: x` and `null: x` are keys of another type; writing quotes is all it takes.
        this.problem(keyOffset, path, 'a key that is not text; expected a name, in quotes if it looks like a number');
        continue;
      }
      const keyPath = [...path, key.value];
      if (Object.hasOwn(mapping, key.value)) {
        this.problem(keyOffset, keyPath, `written twice; expected each key once (first at line ${placeIn(this.text, this.span(keyPath).key).line})`);
        continue;
      }
      const span = this.span(keyPath);
      span.key = keyOffset;
      span.value = keyOffset;
      mapping[key.value] = this.valueOf(pair.value as Node | null, keyPath, depth + 1);
    }
    return mapping;
  }

  private span(path: Path): Span {
    const id = JSON.stringify(path);
    const known = this.spans.get(id);
    if (known !== undefined) return known;
    const span = { key: 0, value: 0 };
    this.spans.set(id, span);
    return span;
  }

  private problem(offset: number, path: Path, message: string): void {
    this.problems.push({ file: this.file, ...placeIn(this.text, offset), path: formatPath(path), message });
  }

  /** A path that is not in the text (a missing key's) is reported at the nearest enclosing value. */
  private locate(mistake: Mistake): Problem {
    let span: Span | undefined;
    for (let length = mistake.path.length; span === undefined && length >= 0; length -= 1) {
      span = this.spans.get(JSON.stringify(mistake.path.slice(0, length)));
    }
    const offset = span === undefined ? 0 : mistake.on === 'key' ? span.key : span.value;
    return { file: this.file, ...placeIn(this.text, offset), path: formatPath(mistake.path), message: mistake.message };
  }
}

/** Line and column of a UTF-16 offset. */
export function placeIn(text: string, offset: number): Place {
  let line = 1;
  let lineStart = 0;
  for (let next = text.indexOf('\n'); next !== -1 && next < offset; next = text.indexOf('\n', next + 1)) {
    line += 1;
    lineStart = next + 1;
  }
  return { line, column: Math.min(offset, text.length) - lineStart + 1 };
}

/** Text of UTF-8 bytes without a byte order mark, or the first byte that is not UTF-8 and the text before it. */
export function decodeUtf8(content: string | Uint8Array): { readonly text: string } | { readonly badByte: number; readonly before: string } {
  if (typeof content === 'string') return { text: content.startsWith('\uFEFF') ? content.slice(1) : content };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(content) };
  } catch {
    // A decoder says that, not where: the longest prefix that decodes ends at the bad byte.
    let good = 0;
    let bad = content.length;
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      if (decodesSoFar(content.subarray(0, middle))) good = middle;
      else bad = middle;
    }
    // The prefix may end inside a character: that character is the bad one.
    const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content.subarray(0, good), { stream: true });
    return { badByte: content[new TextEncoder().encode(before).length] ?? 0, before };
  }
}

/** Whether the bytes are UTF-8, save for a last character that may still be incomplete. */
function decodesSoFar(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * Where a text nests so deep that the parser, which recurses, would run out of stack: brackets, or lists in lists on
 * one line. Generous, because brackets in plain text count as well; the exact limit is checked on the nodes.
 */
function firstTooDeep(text: string): number | undefined {
  const lists = new RegExp(`(?:[-?][ \\t]+){${MAX_DEPTH * 4}}`).exec(text);
  if (lists !== null) return lists.index;
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charCodeAt(i);
    if (character === 0x5b || character === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH * 4) return i;
    } else if ((character === 0x5d || character === 0x7d) && depth > 0) {
      depth -= 1;
    }
  }
  return undefined;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] as string;
}

function brokenDocument(file: string, place: Place, message: string): Document {
  const problem: Problem = { file, ...place, path: '', message };
  return { file, value: BROKEN, problems: [problem], locate: (mistake) => ({ file, ...place, path: formatPath(mistake.path), message: mistake.message }) };
}
