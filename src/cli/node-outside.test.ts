import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from './exit-codes.ts';
import { nodeOutside } from './node-outside.ts';

const outside = nodeOutside(() => {
  throw new Error('nothing is executed here');
});
/** Linux has one; it refuses every byte. */
const FULL_DEVICE = '/dev/full';
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'harrow-outside-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the real outside world', () => {
  it('has no file where there is none, or a directory', () => {
    expect(outside.readFile(join(folder, 'nope'))).toBeNull();
    expect(outside.readFile(folder)).toBeNull();
  });

  it('writes into directories that do not exist yet, and reads back the same bytes', () => {
    const path = join(folder, 'a', 'b', 'c.json');
    outside.writeFile(path, 'läuft\n');
    expect(new TextDecoder().decode(outside.readFile(path) ?? new Uint8Array())).toBe('läuft\n');
  });

  it('explains what it cannot write, and calls it no bug of Harrow', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => outside.prepareDirectory(file)).toThrow(UsageError);
    expect(() => outside.writeFile(join(file, 'x'), '')).toThrow(/^cannot write .*file/);
    expect(() => outside.openFile(join(file, 'x'))).toThrow(UsageError);
  });

  it.skipIf(!existsSync(FULL_DEVICE))('explains a disk that is full, whatever it was writing', () => {
    const sink = outside.openFile(FULL_DEVICE);
    sink.write('a line\n');
    expect(() => sink.close()).toThrow(/^cannot write .*no space left/);
    expect(() => outside.writeFile(FULL_DEVICE, 'a record')).toThrow(UsageError);
  });

  it('keeps every line of a long trace', () => {
    const path = join(folder, 'trace', 'long.txt');
    const sink = outside.openFile(path);
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i} of a trace that is longer than one buffer\n`);
    for (const line of lines) sink.write(line);
    sink.close();
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
  });

  it('knows its version and its code, and the code does not change by itself', () => {
    expect(outside.version).toMatch(/^[0-9]+\.[0-9]+\.[0-9]+/);
    expect(outside.codeFingerprint()).toMatch(/^[0-9a-f]{64}$/);
  });

  it('draws seeds that the command line takes', () => {
    const seeds = Array.from({ length: 50 }, () => outside.freshSeed());
    expect(seeds.every((seed) => /^[1-9][0-9]{0,9}$/.test(seed))).toBe(true);
    expect(new Set(seeds).size).toBeGreaterThan(45);
  });
});
