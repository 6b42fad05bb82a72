import { describe, expect, it } from 'vitest';
import { formatProblem } from './problems.ts';
import { parseRecordsFile } from './records-file.ts';

const SCOPE = { producers: ['truck-1', 'truck-2'], partitions: 4, endMs: 60_000 };

function problems(file: string, content: string | Uint8Array): readonly string[] {
  return parseRecordsFile(file, content, SCOPE).problems.map(formatProblem);
}

describe('NDJSON and CSV say the same', () => {
  it('row by row, null for what is absent', () => {
    const ndjson = '{"atMs": 0, "key": "a", "value": "x"}\n\n{"value": "say \\"hi\\", \\u00e4", "atMs": 5, "producer": "truck-2", "partition": 3}\r\n';
    const csv = 'atMs,key,value,producer,partition\n0,a,x,,\n5,,"say ""hi"", ä",truck-2,3\r\n';
    const rows = [
      { atMs: 0, key: 'a', value: 'x', producer: null, partition: null },
      { atMs: 5, key: null, value: 'say "hi", ä', producer: 'truck-2', partition: 3 },
    ];
    expect(parseRecordsFile('r.ndjson', ndjson, SCOPE)).toEqual({ rows, problems: [] });
    expect(parseRecordsFile('r.csv', csv, SCOPE)).toEqual({ rows, problems: [] });
  });

  it('a quoted empty cell is empty text, an unquoted one is null, and a quoted cell may span lines', () => {
    const { rows } = parseRecordsFile('r.csv', 'value,key,atMs\n"two\nlines","",1\nlast,,2', SCOPE);
    expect(rows.map((row) => [row.value, row.key, row.atMs])).toEqual([['two\nlines', '', 1], ['last', null, 2]]);
  });
});

describe('every mistake in a records file is reported at its line and column', () => {
  it.each([
    ['a line that is no JSON', '{"atMs": 1, "value": "x"}\nhello', ['r.ndjson:2:1: not a row: `hello` where { should be; expected one JSON object per line, such as {"atMs": 0, "key": "truck-1", "value": "…"}']],
    ['a line that ends early', '{"atMs": 1, "value": "x"', ['r.ndjson:1:25: not a row: the line ends where a comma or } should be; expected one JSON object per line, such as {"atMs": 0, "key": "truck-1", "value": "…"}']],
    ['a nested value', '{"atMs": 1, "value": {"lat": 1}}', ['r.ndjson:1:22: not a row: `{"lat": 1}}` where text in quotes, a number or null should be; expected one JSON object per line, such as {"atMs": 0, "key": "truck-1", "value": "…"}']],
    ['a missing comma', '{"atMs": 1 "value": "x"}', ['r.ndjson:1:12: not a row: `"value": "x"` where a comma or } should be; expected one JSON object per line, such as {"atMs": 0, "key": "truck-1", "value": "…"}']],
    ['something after the object', '{"atMs": 1, "value": "x"},', ['r.ndjson:1:26: not a row: `,` where the line should end; expected one JSON object per line, such as {"atMs": 0, "key": "truck-1", "value": "…"}']],
    ['a missing time', '{"value": "x"}', ['r.ndjson:1:1: atMs: got nothing; expected the time in whole milliseconds from the start of the run']],
    ['a fraction of a millisecond', '{"atMs": 1.5, "value": "x"}', ['r.ndjson:1:10: atMs: got 1.5; expected the time in whole milliseconds from the start of the run']],
    ['a negative time', '{"atMs": -1, "value": "x"}', ['r.ndjson:1:10: atMs: got -1; expected the time in whole milliseconds from the start of the run']],
    ['a time after the end', '{"atMs": 60000, "value": "x"}', ['r.ndjson:1:10: atMs: 60000 ms is not before the end of the run; expected less than 60000']],
    ['times that go back', '{"atMs": 2, "value": "x"}\n{"atMs": 1, "value": "y"}', ['r.ndjson:2:10: atMs: got 1 after 2; expected times that do not go back']],
    ['a missing value', '{"atMs": 1}', ['r.ndjson:1:1: value: got nothing; expected text']],
    ['a number as value', '{"atMs": 1, "value": 7}', ['r.ndjson:1:22: value: got 7; expected text']],
    ['a number as key', '{"atMs": 1, "value": "x", "key": 7}', ['r.ndjson:1:34: key: got 7; expected text or null']],
    ['an unknown producer', '{"atMs": 1, "value": "x", "producer": "truck-3"}', ['r.ndjson:1:39: producer: got "truck-3"; expected truck-1 or truck-2; did you mean truck-1?']],
    ['an unknown partition', '{"atMs": 1, "value": "x", "partition": 4}', ['r.ndjson:1:40: partition: got 4; expected a partition from 0 to 3']],
    ['an unknown key', '{"atMs": 1, "vlaue": "x", "value": "y"}', ['r.ndjson:1:22: vlaue: unknown key; expected atMs, key, value, producer or partition; did you mean value?']],
    ['a key twice', '{"atMs": 1, "atMs": 2, "value": "y"}', ['r.ndjson:1:21: atMs: written twice; expected each key once']],
    ['no rows', '\n\n', ['r.ndjson:1:1: no rows; expected at least one record']],
  ])('NDJSON: %s', (_, content, expected) => {
    expect(problems('r.ndjson', content)).toEqual(expected);
  });

  it.each([
    ['an unknown column', 'atMs,vlaue\n', ['r.csv:1:1: value: missing; expected a header with atMs, key, value, producer and partition', 'r.csv:1:6: vlaue: unknown column; expected atMs, key, value, producer or partition; did you mean value?']],
    ['a column twice', 'atMs,value,atMs\n', ['r.csv:1:12: atMs: written twice; expected each column once']],
    ['a row too short', 'atMs,key,value\n1,a\n', ['r.csv:2:1: a row of 2 cells; expected 3, as in the header']],
    ['a time that is no number', 'atMs,value\nsoon,x\n', ['r.csv:2:1: atMs: got "soon"; expected the time in whole milliseconds from the start of the run']],
    ['a place after a cell of two lines', 'value,atMs\n"a\nb",1\nc,-3\n', ['r.csv:4:3: atMs: got "-3"; expected the time in whole milliseconds from the start of the run']],
    ['a quote that is never closed', 'atMs,value\n1,"x\n2,y\n', ['r.csv:2:3: a quote that is never closed; expected a second "']],
    ['text after a closing quote', 'atMs,value\n1,"x"y\n', ['r.csv:2:6: "y" after a closing quote; expected a comma or the end of the line']],
    ['only a header', 'atMs,value\n', ['r.csv:1:1: no rows; expected at least one record']],
  ])('CSV: %s', (_, content, expected) => {
    expect([...problems('r.csv', content)].sort()).toEqual(expected);
  });

  it('bytes that are not UTF-8', () => {
    expect(problems('r.csv', Uint8Array.from([0x61, 0x0a, 0xff]))).toEqual(['r.csv:2:1: not UTF-8 text: byte 0xff; expected NDJSON or CSV in UTF-8']);
  });

  it('but a file that is wrong throughout does not flood the terminal', () => {
    const all = problems('r.ndjson', 'x\n'.repeat(10_000));
    expect(all).toHaveLength(51);
    expect(all.at(-1)).toContain('r.ndjson:51:1: more mistakes follow');
  });
});
