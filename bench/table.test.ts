import { describe, expect, it } from 'vitest';
import { atLeast, atMost, figure } from './figure.ts';
import { formatQuantity, formatTable } from './table.ts';

describe('the table of figures', () => {
  it('says of each figure what it should be and whether it is', () => {
    const table = formatTable([
      figure('a/b', 'cost', { value: 12.34, spread: 0.05 }, 'ns', atMost(20)),
      figure('a/b', 'speed', { value: 1_234_567, spread: 0.5 }, 'msg/s', atLeast(2_000_000)),
      figure('c', 'ratio', 1.5, 'x'),
    ]);
    expect(table.split('\n').map((line) => line.trimEnd())).toEqual([
      'name  measure           figure  spread              target  met?',
      '----  -------  ---------------  ------  ------------------  ----',
      'a/b   cost             12.3 ns    5.0%            <= 20 ns  yes',
      '      speed    1 234 567 msg/s     50%  >= 2 000 000 msg/s  NO',
      'c     ratio              1.50x',
      '',
    ]);
  });

  it.each([[0.25, 'x', '0.25x'], [2_302.4, 'x', '2 302x'], [99.96, 'ns', '100 ns'], [1_000, 'ns', '1 000 ns'], [3, 'steps', '3 steps']])('writes %d %s as %s', (value, unit, text) => {
    expect(formatQuantity(value, unit)).toBe(text);
  });
});
