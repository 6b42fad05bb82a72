/** Sets of small numbers as hexadecimal digits, four to a digit, lowest first: `[0, 5]` is `12`. */
import { assert } from '../../kernel/assert.ts';

export const VIOLATED = 'violated';

/** What was compared; with the sentence of its evidence when violated. */
export type CompactProperty = number | readonly [compared: number, sentence: string];

const BITS = 4;

export function bitsOf(numbers: readonly number[]): string {
  const digits: number[] = [];
  for (const number of numbers) {
    assert(Number.isSafeInteger(number) && number >= 0, `a number of the set is ${number}`);
    const digit = Math.floor(number / BITS);
    while (digits.length <= digit) digits.push(0);
    digits[digit] = (digits[digit] as number) | (1 << (number % BITS));
  }
  return digits.map((digit) => digit.toString(16)).join('');
}

/** Rising, each once. */
export function numbersOf(bits: string): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < bits.length; i += 1) {
    const digit = Number.parseInt(bits[i] as string, 16);
    for (let bit = 0; bit < BITS; bit += 1) if ((digit & (1 << bit)) !== 0) numbers.push(i * BITS + bit);
  }
  return numbers;
}
