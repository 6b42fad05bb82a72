/** docs/fidelity.md is generated from the opening comments of the files that model something; here it is held to them. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

describe('docs/fidelity.md', () => {
  it('says what the files say (node scripts/fidelity.mjs writes it anew)', () => {
    expect(() => execFileSync(process.execPath, [join(root, 'scripts/fidelity.mjs'), '--check'], { stdio: 'pipe' })).not.toThrow();
  });
});
