import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const seedWith = async (given: string): Promise<number> => {
  vi.stubEnv('HARROW_SEED', given);
  vi.resetModules();
  return (await import('./outside.ts')).nodeTestOutside.seed();
};

beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('takes any run id of a CI for a seed, and one below 2^31 as it is', async () => {
  expect(await seedWith('7')).toBe(7);
  expect(await seedWith('17012345678')).toBe(17_012_345_678 % 2 ** 31);
});

it.each(['-1', '1.5', '0x10', 'seven', '99999999999999999999'])('refuses %s', async (given) => {
  await expect(seedWith(given)).rejects.toThrow(`HARROW_SEED=${given}: expected an integer from 0 to 9007199254740991`);
});
