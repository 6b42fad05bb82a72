/**
 * The outside world as commands see it: streams, files, wall clock, fresh seeds. Only node-outside.ts touches the real
 * one; tests pass their own.
 */
import type { Execute } from '../scenarios/run-record.ts';

export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width of the terminal, or a sensible one when there is none. */
  readonly columns: number;
}

/** A file being written line by line. */
export interface TextSink {
  write(text: string): void;
  close(): void;
}

export interface Outside {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds of a monotonic wall clock. */
  nowMs(): number;
  freshSeed(): string;
  /** Null when there is no such file; other failures throw. Paths are relative to the working directory. */
  readFile(path: string): Uint8Array | null;
  /** Creates a directory unless it exists. @throws UsageError when nothing can be written there. */
  prepareDirectory(path: string): void;
  /** Creates missing directories. */
  writeFile(path: string, text: string): void;
  openFile(path: string): TextSink;
  /** How this program is started again: `harrow`, or `node dist/cli/main.js`. */
  readonly program: string;
  readonly version: string;
  /** `v20.19.5`, for reports of internal errors. */
  readonly runtime: string;
  /** sha256 of the code that runs, as 64 hexadecimal digits. */
  codeFingerprint(): string;
  readonly execute: Execute;
  /** The report page without data, as the build made it. @throws UsageError when it was not built. */
  reportPage(): string;
  /** RFC 1951, without a header. */
  deflate(bytes: Uint8Array): Uint8Array;
  /** Shows a file to the person at the machine, in whatever opens it there; does not wait. */
  open(path: string): void;
}
