/**
 * Plain data as YAML for people: lists and mappings in one line each, words without quotes where YAML reads them as the
 * same text. Knows nothing of scenarios.
 *
 * Source: YAML 1.2.2, core schema (10.3) and flow style; a JSON string is a double-quoted scalar.
 */

export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain | undefined };

/** Text that no YAML reader takes for a number, a boolean, null or an indicator. */
const WORD = /^(?![-+.]?[0-9][0-9_.eE+-]*$)(?!0[xo])[A-Za-z0-9_][A-Za-z0-9_./*-]*$/;
const NOT_TEXT = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** `{ at: 12s, crash: broker-1 }`: one line, whatever the depth. Members that are undefined are left out. */
export function flow(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map((each: Plain) => flow(each)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return members.length === 0 ? '{}' : `{ ${members.map(([key, member]) => `${scalar(key)}: ${flow(member as Plain)}`).join(', ')} }`;
  }
  return typeof value === 'string' ? scalar(value) : String(value);
}

/** The text as a word where that reads back the same, else in quotes. */
function scalar(text: string): string {
  return WORD.test(text) && !NOT_TEXT.test(text) ? text : JSON.stringify(text);
}

/** A list with one line for each element; a single one stays on the line of its key. */
export function lines(key: string, elements: readonly Plain[]): string[] {
  if (elements.length === 0) return [];
  return [`${key}:`, ...elements.map((element) => `  - ${flow(element)}`)];
}
