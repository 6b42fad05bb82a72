/**
 * Whole numbers as bytes: little groups of seven bits, small numbers first, signs folded in (LEB128 with zigzag, as
 * Kafka's own ByteUtils.writeVarlong writes them). Exact for safe integers, which is why nothing here shifts bits.
 */
import { assert } from '../../kernel/assert.ts';

const LOW_BITS = 0x80;
const FIRST_BYTES = 1 << 16;

export class ByteWriter {
  private bytes = new Uint8Array(FIRST_BYTES);
  private length = 0;

  /** A whole number from 0 on. */
  unsigned(value: number): void {
    if (this.length + 10 > this.bytes.length) this.grow(10);
    let rest = value;
    while (rest >= LOW_BITS) {
      const high = Math.floor(rest / LOW_BITS);
      this.bytes[this.length] = rest - high * LOW_BITS + LOW_BITS;
      this.length += 1;
      rest = high;
    }
    this.bytes[this.length] = rest;
    this.length += 1;
  }

  /** Any safe integer of up to 52 bits: 0, -1, 1, -2, … become 0, 1, 2, 3, … */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Their number, then the bytes. */
  block(bytes: Uint8Array): void {
    this.unsigned(bytes.length);
    if (this.length + bytes.length > this.bytes.length) this.grow(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private grow(by: number): void {
    const bytes = new Uint8Array(Math.max(2 * this.bytes.length, this.length + by));
    bytes.set(this.bytes);
    this.bytes = bytes;
  }
}

export class ByteReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  unsigned(): number {
    let byte = this.bytes[this.at] as number;
    this.at += 1;
    if (byte < LOW_BITS) return byte;
    let value = byte - LOW_BITS;
    let scale = LOW_BITS;
    do {
      assert(this.at < this.bytes.length, 'a number ends before the data does');
      byte = this.bytes[this.at] as number;
      this.at += 1;
      value += (byte >= LOW_BITS ? byte - LOW_BITS : byte) * scale;
      scale *= LOW_BITS;
    } while (byte >= LOW_BITS);
    return value;
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  block(): Uint8Array {
    const length = this.unsigned();
    assert(this.at + length <= this.bytes.length, 'a block ends before the data does');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
