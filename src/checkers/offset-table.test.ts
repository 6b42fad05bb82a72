import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OffsetTable } from './offset-table.ts';

describe('an offset table', () => {
  it('and its forks behave as plain maps that were copied', () => {
    const command = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), table: fc.nat(), offset: fc.nat({ max: 1_000 }), value: fc.nat() }),
      fc.record({ kind: fc.constant('fork' as const), table: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const tables = [{ real: new OffsetTable<number>(), model: new Map<number, number>() }];
        for (const each of commands) {
          const { real, model } = tables[each.table % tables.length]!;
          if (each.kind === 'fork') tables.push({ real: real.fork(), model: new Map(model) });
          else {
            real.set(each.offset, each.value);
            model.set(each.offset, each.value);
          }
        }
        for (const { real, model } of tables) for (let offset = 0; offset <= 1_001; offset += 1) expect(real.get(offset)).toBe(model.get(offset));
      }),
      { numRuns: 40 },
    );
  });
});
