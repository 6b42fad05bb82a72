/**
 * Properties of the source as text that neither the compiler nor the linter sees: a file says what it is, stays one
 * idea long, leaves no promise to do something later, and silences no check without a reason.
 */
import { codeWordsOf, lineAt, readFiles } from './source-tree.ts';
import type { SourceFile, Violation } from './source-tree.ts';
import { isTest, isTypeScript } from './layers.ts';

/** One idea fits in this; what does not is two files. */
export const MAX_LINES = 400;

/** Files that may be longer, each with the reason. */
export const LONGER_FILES: Readonly<Record<string, string>> = {};

/** Words that belong to Kafka and have no meaning in a simulator of anything else. */
export const KAFKA_WORDS: ReadonlySet<string> = new Set([
  'acks', 'broker', 'consumer', 'coordinator', 'follower', 'isr', 'kafka', 'kip', 'kraft', 'leader', 'producer',
  'rebalance', 'replica', 'topic', 'watermark', 'zookeeper',
]);

const CODE_FOLDERS = ['src', 'properties', 'bench', 'scripts'];
const isCode = (path: string): boolean => path.endsWith('.ts') || path.endsWith('.mjs');

/** Spelled apart, so that this file does not find itself. */
const LATER = new RegExp(`\\b(${['TO_DO', 'FIX_ME', 'XX_X'].map((word) => word.replace('_', '')).join('|')})\\b`, 'g');
const SILENCED = /(?:oxlint|eslint)-disable(?:-next-line|-line)?(?<rest>[^\n]*)/g;
const TYPE_CHECK_SILENCED = /@ts-(?<kind>ignore|nocheck|expect-error)(?<rest>[^\n]*)/g;

function codeFiles(root: string): SourceFile[] {
  return CODE_FOLDERS.flatMap((folder) => readFiles(root, folder, isCode));
}

/** Files that do not open with a doc comment of at least a sentence. Tests open with it where their title is not enough. */
export function missingHeaders(root: string): Violation[] {
  return codeFiles(root)
    .filter(({ path }) => !isTest(path))
    .filter(({ text }) => !/^(?:#![^\n]*\n)?\/\*\*[\s*]+\S[\s\S]{15,}?\*\//.test(text))
    .map(({ path }) => ({
      path,
      line: 1,
      message: 'does not open with a doc comment: say what the file models, what it leaves out, and its source',
    }));
}

/** Files above MAX_LINES without a reason, and reasons that are no longer needed. */
export function longFiles(root: string, exceptions = LONGER_FILES): Violation[] {
  const files = codeFiles(root).map(({ path, text }) => ({ path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }));
  const tooLong = files
    .filter(({ path, lines }) => lines > MAX_LINES && exceptions[path] === undefined)
    .map(({ path, lines }) => ({
      path,
      line: MAX_LINES + 1,
      message: `is ${lines} lines long, the limit is ${MAX_LINES}: find the second idea in it and give that a file`,
    }));
  const needless = Object.keys(exceptions)
    .filter((path) => !files.some((file) => file.path === path && file.lines > MAX_LINES))
    .map((path) => ({ path, line: 1, message: `is excused from the limit of ${MAX_LINES} lines and does not need it any more` }));
  return [...tooLong, ...needless];
}

/** Notes to do something later. */
export function laterNotes(root: string): Violation[] {
  return codeFiles(root).flatMap(({ path, text }) =>
    [...text.matchAll(LATER)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      message: `says ${match[0]}: do it, or write an issue; a reader cannot tell whether it still holds`,
    })),
  );
}

/** Checks that are silenced without saying why. */
export function silencedChecks(root: string): Violation[] {
  return codeFiles(root)
    .filter(({ path }) => !path.startsWith('properties/gates/'))
    .flatMap(({ path, text }) => [
      ...[...text.matchAll(SILENCED)]
        .filter((match) => !/\s--\s+\S.{9,}/.test(match.groups?.['rest'] ?? ''))
        .map((match) => ({ path, line: lineAt(text, match.index), message: 'silences the linter without a reason: end it with `-- why this is safe here`' })),
      ...[...text.matchAll(TYPE_CHECK_SILENCED)]
        .filter((match) => match.groups?.['kind'] !== 'expect-error' || (match.groups['rest'] ?? '').trim().length < 10)
        .map((match) => ({ path, line: lineAt(text, match.index), message: 'silences the compiler: use @ts-expect-error followed by the reason, which fails when it is no longer needed' })),
    ]);
}

/** `leaderEpochs` -> leader, epoch: the words of a name or a text, lower case, without a plural s. */
function wordsIn(text: string): string[] {
  return text
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .split(/[^\p{L}]+/u)
    .flatMap((word) => [word.toLowerCase(), word.toLowerCase().replace(/s$/, '')]);
}

/** Kafka's words in the code of the kernel. Comments may say what it does not know. */
export function kafkaWordsInKernel(root: string): Violation[] {
  return readFiles(root, 'src/kernel', (path) => isTypeScript(path) && !isTest(path)).flatMap((file) =>
    codeWordsOf(file).flatMap(({ text, line }) => {
      const word = wordsIn(text).find((one) => KAFKA_WORDS.has(one));
      if (word === undefined) return [];
      return [{ path: file.path, line, message: `says "${word}": the kernel simulates machines and networks and has never heard of Kafka` }];
    }),
  );
}
