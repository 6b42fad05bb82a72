/**
 * Links between documents: a relative link in a Markdown file leads to a file of the repository, and its `#part` to a
 * heading there. Knows nothing of the web: `https:` links are not followed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { lineAt, listFiles, readFiles } from './source-tree.ts';
import type { Violation } from './source-tree.ts';

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

/** `text` with code blocks and code spans replaced by spaces, so that offsets and lines stay. */
export function withoutCode(text: string): string {
  return text
    .replace(/^(```+|~~~+)[^\n]*\n[\s\S]*?^\1[^\S\n]*$/gm, blank)
    .replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, blank)
    .replace(/<!--[\s\S]*?-->/g, blank);
}

/** The anchor GitHub gives a heading: lower case, spaces to hyphens, punctuation gone, `-1` for a repeated one. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const counts = new Map<string, number>();
  const prose = text.replace(/^(```+|~~~+)[^\n]*\n[\s\S]*?^\1[^\S\n]*$/gm, blank);
  for (const match of prose.matchAll(/^#{1,6}[^\S\n]+(.+?)[^\S\n]*#*$/gm)) {
    const title = (match[1] as string).replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const slug = title.toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replace(/ /g, '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  for (const match of prose.matchAll(/<a\s+(?:name|id)="([^"]+)"/g)) anchors.add(match[1] as string);
  return anchors;
}

const LINK = /!?\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s*<?(\S+?)>?\s*$|\s(?:href|src)="([^"]+)"/gm;

/** Links that lead nowhere. */
export function brokenLinks(root: string): Violation[] {
  // Names from a listing, because a file system that ignores case would say yes to a link that GitHub does not follow.
  const known = new Set(listFiles(root, '.', () => true));
  const folders = new Set(['.']);
  for (const path of known) for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) folders.add(folder);

  return readFiles(root, '.', (path) => path.endsWith('.md')).flatMap(({ path, text }) =>
    [...withoutCode(text).matchAll(LINK)].flatMap((match) => {
      const target = match[1] ?? match[2] ?? match[3] ?? '';
      if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) return [];
      const broken = (message: string): Violation[] => [{ path, line: lineAt(text, match.index), message }];
      const [file = '', anchor] = target.split('#');
      const resolved = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), decodeURIComponent(file))).replace(/\/$/, '');
      if (!known.has(resolved) && !folders.has(resolved)) return broken(`links to ${target}, and there is no ${resolved}`);
      if (anchor === undefined || anchor === '' || !resolved.endsWith('.md') || !existsSync(join(root, resolved))) return [];
      if (anchorsOf(readFileSync(join(root, resolved), 'utf8')).has(decodeURIComponent(anchor))) return [];
      return broken(`links to ${target}, and ${resolved} has no heading #${anchor}`);
    }),
  );
}
