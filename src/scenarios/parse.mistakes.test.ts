/**
 * Mistakes and what is said of them, from parse.mistakes.txt: the whole message with its place, because a message that
 * drifts to the wrong line or loses its suggestion helps nobody.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProblem, parseScenario } from './parse.ts';

interface Case {
  readonly mistake: string;
  readonly insteadOf: string;
  readonly written: string;
  /** Line, column and message of every problem that is reported. */
  readonly problems: readonly string[];
}

const blocks = readFileSync(new URL('parse.mistakes.txt', import.meta.url), 'utf8')
  .split(/\n\n+/)
  .map((block) => block.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
  .filter((lines) => lines.length > 0);
const marked = (lines: readonly string[], mark: string): string[] => lines.filter((line) => line.startsWith(`${mark} `)).map((line) => line.slice(2));

const GOOD = `${marked(blocks[0] ?? [], '|').join('\n')}\n`;
const CASES: readonly Case[] = blocks.slice(1).map((lines) => ({
  mistake: lines[0] as string, insteadOf: marked(lines, '-').join('\n'), written: marked(lines, '+').join('\n'), problems: marked(lines, '>').map((problem) => `demo.yaml:${problem}`),
}));

function problemsOf(content: string): readonly string[] {
  const result = parseScenario({ file: 'demo.yaml', content });
  return 'problems' in result ? result.problems.map(formatProblem) : [];
}

describe('every mistake in a scenario is reported at its place, with what was expected', () => {
  it('the scenario that the cases change has no mistake, and there are cases', () => {
    expect(problemsOf(GOOD)).toEqual([]);
    expect(CASES.length).toBeGreaterThan(80);
    expect(new Set(CASES.map((each) => each.mistake)).size).toBe(CASES.length);
  });

  it.each(CASES)('$mistake', ({ written, insteadOf, problems }) => {
    expect(GOOD).toContain(insteadOf);
    expect(problems.length).toBeGreaterThan(0);
    expect(problemsOf(GOOD.replace(insteadOf, () => written))).toEqual(problems);
  });

  it('mistakes of every part of a file are reported together, in the order of the text', () => {
    // One case per line of the scenario, all at once: what one part got wrong must not hide another part.
    const chosen = ['a name with a capital letter', 'more replicas than brokers', 'a config out of range', 'an unknown topic', 'an unknown producer', 'a fault at an unknown node', 'an unknown kind in the nemesis']
      .map((mistake) => CASES.find((each) => each.mistake === mistake) as Case);
    const content = chosen.reduce((text, each) => text.replace(each.insteadOf, () => each.written), GOOD);
    expect(problemsOf(content)).toEqual(chosen.flatMap((each) => each.problems));
  });
});
