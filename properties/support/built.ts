/**
 * The product as it is built from the present sources, for tests of what is installed: the command line in processes of its
 * own, and the package.
 */
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

interface BuildScript {
  readonly TARGETS: { readonly dist: unknown };
  ensureBuilt(root: string, target: unknown): Promise<void>;
}

/** Builds dist/ unless it belongs to the sources; gives the path of the program. */
export async function builtProgram(): Promise<string> {
  const { ensureBuilt, TARGETS } = (await import('../../scripts/lib/build.mjs' as string)) as BuildScript;
  await ensureBuilt(ROOT, TARGETS.dist);
  return join(ROOT, 'dist', 'cli', 'main.js');
}
