import { describe, expect, it } from 'vitest';
import type { Effect } from './effects.ts';
import { Entries } from './rig.ts';
import { formatTraceLine, type TraceLine } from './trace.ts';

const LINE: TraceLine = { atUs: 12_003_456, node: 'n1', incarnation: 2, machine: 'm', event: 'ask', effects: [] };
const text = (line: Partial<TraceLine>, detail?: (message: unknown) => string): string => formatTraceLine({ ...LINE, ...line }, (index) => `node-${index}`, detail);

describe('a line of the trace', () => {
  it('says when, where, what, and from whom', () => {
    expect(text({})).toBe('00:00:12.003456  n1/m  ask');
    expect(text({ machine: '', event: 'start' })).toBe('00:00:12.003456  n1  start');
    expect(text({ from: 'n2', detail: 7 }, (message) => `<${String(message)}>`)).toBe('00:00:12.003456  n1/m  ask <- n2  <7>');
  });

  it('says the state, or how it changed', () => {
    expect(text({ stateBefore: 'Idle', stateAfter: 'Idle' })).toBe('00:00:12.003456  n1/m  ask  [Idle]');
    expect(text({ stateBefore: 'Idle', stateAfter: 'Busy' })).toBe('00:00:12.003456  n1/m  ask  [Idle -> Busy]');
    expect(text({ stateAfter: 'Busy' })).toBe('00:00:12.003456  n1/m  ask  [ -> Busy]');
  });

  it('says every effect that someone could ask about', () => {
    const message = { type: 'hello' };
    const effects: Effect[] = [
      { kind: 'send', to: 3, message }, { kind: 'reply', to: 1, message }, { kind: 'tell', to: 'm2', event: message }, { kind: 'disconnect', to: 4 },
      { kind: 'spawn', name: 'x', machine: 'y', input: 0 }, { kind: 'stop', name: 'x' }, { kind: 'write', file: 'f', content: new Entries([]) },
      { kind: 'replace', file: 'g', value: 1 }, { kind: 'delete', file: 'h' }, { kind: 'flush', file: 'f', then: 'flushed' },
      { kind: 'halt', reason: 'why' }, { kind: 'observe', observation: message }, { kind: 'schedule', key: 't', delayMs: 5, type: 'x' },
      { kind: 'cancel', key: 't' }, { kind: 'release', to: 1 }, { kind: 'hangUp', to: 1 }, { kind: 'mark', label: 'here' },
    ];
    expect(text({ effects }).split('  => ')[1]).toBe(
      'hello -> node-3; reply hello; tell m2 hello; disconnect node-4; spawn x; stop x; write f; replace g; delete h; flush f; halt: why; observe hello; timer t in 5ms',
    );
  });
});
