/**
 * An outside in memory, for tests of commands: files are a map, streams are strings, and no time passes by itself. The
 * simulator in it is the real one unless a test puts another in its place.
 */
import { execute } from '../scenarios/run.ts';
import type { RunRequest, RunResult } from '../scenarios/run-record.ts';
import { UsageError, type ExitCode } from './exit-codes.ts';
import type { Output, Outside, TextSink } from './outside.ts';
import { main } from './program.ts';

export class MemoryOutside implements Outside {
  /** By path. */
  readonly files: Map<string, string>;
  /** What the last command wrote to the two streams. */
  out = '';
  err = '';
  /** Paths that a person was shown. */
  readonly opened: string[] = [];
  readonly env: Record<string, string | undefined> = {};
  readonly program = 'harrow';
  readonly version = '1.2.3';
  readonly runtime = 'v20.0.0';
  readonly stdout: Output = this.stream((text) => (this.out += text));
  readonly stderr: Output = this.stream((text) => (this.err += text));
  isTTY = false;
  clockMs = 0;
  code = 'c0de'.repeat(16);
  execute: (request: RunRequest) => RunResult;

  constructor(files: Map<string, string> = new Map(), run: (request: RunRequest) => RunResult = execute) {
    this.files = files;
    this.execute = run;
  }

  /** One command line, with fresh streams. */
  run(...argv: string[]): ExitCode {
    this.out = '';
    this.err = '';
    return main(argv, this);
  }

  nowMs(): number {
    return this.clockMs;
  }

  freshSeed(): string {
    return '777';
  }

  readFile(path: string): Uint8Array | null {
    const text = this.files.get(path);
    return text === undefined ? null : new TextEncoder().encode(text);
  }

  prepareDirectory(path: string): void {
    if (this.files.has(path)) throw new UsageError(`cannot write to ${path}: it is a file`);
  }

  writeFile(path: string, text: string): void {
    this.files.set(path, text);
  }

  openFile(path: string): TextSink {
    this.files.set(path, '');
    return { write: (text) => void this.files.set(path, `${this.files.get(path) ?? ''}${text}`), close: () => undefined };
  }

  codeFingerprint(): string {
    return this.code;
  }

  reportPage(): string {
    return '';
  }

  deflate(bytes: Uint8Array): Uint8Array {
    return bytes;
  }

  open(path: string): void {
    this.opened.push(path);
  }

  private stream(write: (text: string) => void): Output {
    const isTTY = (): boolean => this.isTTY;
    return { write, columns: 100, get isTTY() { return isTTY(); } };
  }
}
