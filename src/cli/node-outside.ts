/**
 * The real outside world: Node's streams, files, clock and entropy. The only file that touches them.
 */
import { spawn } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import type { Execute } from '../scenarios/run-record.ts';
import { UsageError } from './exit-codes.ts';
import { explained } from './file-errors.ts';
import type { Output, Outside, TextSink } from './outside.ts';

const CODE_ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT_COLUMNS = 100;
/** Traces run to millions of lines: one system call per line would dominate. */
const SINK_BUFFER_CHARACTERS = 1 << 16;
/** Beyond it the time doubles for a percent of size. */
const DEFLATE_LEVEL = 6;

export function nodeOutside(execute: Execute): Outside {
  const packageJson = JSON.parse(readFileSync(join(CODE_ROOT, '..', 'package.json'), 'utf8')) as { version: string };
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    env: process.env,
    nowMs: () => performance.now(),
    freshSeed: () => String(randomInt(1, 2 ** 31)),
    readFile,
    prepareDirectory(path) {
      explained('write to', path, () => {
        mkdirSync(path, { recursive: true });
        accessSync(path, constants.W_OK);
      });
    },
    writeFile(path, text) {
      explained('write', path, () => {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      });
    },
    openFile,
    program: programName(),
    version: packageJson.version,
    runtime: process.version,
    codeFingerprint,
    execute,
    reportPage,
    deflate: (bytes) => deflateRawSync(bytes, { level: DEFLATE_LEVEL }),
    open,
  };
}

function output(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      // Some pseudo-terminals say 0.
      return stream.columns > 0 ? stream.columns : DEFAULT_COLUMNS;
    },
  };
}

function readFile(path: string): Uint8Array | null {
  return explained('read', path, () => {
    try {
      return readFileSync(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
      throw error;
    }
  });
}

function openFile(path: string): TextSink {
  const descriptor = explained('write', path, () => {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'w');
  });
  let buffered = '';
  const flush = (): void => {
    // Unlike writeSync it goes on where a disk that is nearly full took a part, until it is written or refused.
    explained('write', path, () => writeFileSync(descriptor, buffered));
    buffered = '';
  };
  return {
    write(text) {
      buffered += text;
      if (buffered.length >= SINK_BUFFER_CHARACTERS) flush();
    },
    close() {
      flush();
      explained('write', path, () => closeSync(descriptor));
    },
  };
}

/** Beside the built code, or in dist/ when the sources run. */
function reportPage(): string {
  const places = [join(CODE_ROOT, 'report', 'page.html'), join(CODE_ROOT, '..', 'dist', 'report', 'page.html')];
  for (const place of places) {
    const content = readFile(place);
    if (content !== null) return new TextDecoder().decode(content);
  }
  throw new UsageError('the report page is not built; run npm run build');
}

const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] };

function open(path: string): void {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, resolve(path)], { stdio: 'ignore', detached: true });
  // Nothing to open it with: the path was printed.
  child.on('error', () => undefined);
  child.unref();
}

/** `harrow` when started through its bin link, else the command that was typed. */
function programName(): string {
  const script = process.argv[1] ?? '';
  return basename(script) === 'harrow' ? 'harrow' : `node ${relative(process.cwd(), script)}`;
}

/**
 * sha256 over every file of the code, in the order of their names: the built files when this runs from dist, the
 * sources when it runs from src. Declarations, maps and tests do not run.
 */
function codeFingerprint(): string {
  const files = (readdirSync(CODE_ROOT, { recursive: true }) as string[])
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.(js|ts)$/.test(path) && !/\.(d|test)\.ts$/.test(path))
    .sort((a, b) => (a < b ? -1 : 1));
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(CODE_ROOT, file));
    hash.update(`${file}\n${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}
