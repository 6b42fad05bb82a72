import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MARKS } from './marks.ts';

it('the list of marks is what the machines report', () => {
  const root = join(import.meta.dirname, '..', '..', 'actors');
  const sources = (readdirSync(root, { recursive: true }) as string[]).filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'));
  const labels = sources.flatMap((path) => [...readFileSync(join(root, path), 'utf8').matchAll(/kind: 'mark', label: '([^']+)'/g)].map(([, label]) => label as string));
  expect([...new Set(labels)].sort()).toEqual([...MARKS].sort());
  const all = sources.flatMap((path) => readFileSync(join(root, path), 'utf8').match(/kind: 'mark'/g) ?? []);
  expect(labels).toHaveLength(all.length);
});
