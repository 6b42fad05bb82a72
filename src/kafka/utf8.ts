/**
 * UTF-8 as Kafka's StringSerializer produces it: Java's `String.getBytes(UTF_8)`, which writes `?` for a surrogate
 * without its partner. (The platform's TextEncoder would write U+FFFD there, and the key would hash elsewhere.)
 */
const QUESTION_MARK = 0x3f;

/** The code point that starts at UTF-16 index `i`; a lone surrogate counts as `?`. Above 0xffff it takes two units. */
function codePointAt(text: string, i: number): number {
  const unit = text.charCodeAt(i);
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  if (unit > 0xdbff) return QUESTION_MARK;
  const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
  if (next < 0xdc00 || next > 0xdfff) return QUESTION_MARK;
  return 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
}

/** How many bytes `text` takes in UTF-8. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i += 1) {
    const point = codePointAt(text, i);
    if (point < 0x80) length += 1;
    else if (point < 0x800) length += 2;
    else if (point < 0x10000) length += 3;
    else {
      length += 4;
      i += 1;
    }
  }
  return length;
}

/** The UTF-8 bytes of `text`. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    const point = codePointAt(text, i);
    if (point < 0x80) {
      bytes[at++] = point;
    } else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
      i += 1;
    }
  }
  return bytes;
}
