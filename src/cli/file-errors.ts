/** A file system that says no is the user's to mend, and no bug of ours. */
import { UsageError } from './exit-codes.ts';

/** @throws UsageError in place of an error of the file system; `what` is done with `path` */
export function explained<T>(what: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`cannot ${what} ${path}: ${message}`);
  }
}
