import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryKind, EventQueue, QueueEntry } from './queue.ts';

const entryAt = (atUs: number, sequence: number): QueueEntry => new QueueEntry(atUs, sequence, EntryKind.control, -1, -1, 0, undefined);
const byTimeThenSequence = (a: QueueEntry, b: QueueEntry): number => a.atUs - b.atUs || a.sequence - b.sequence;

/** Few times, so that ties are common. */
const moves = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('push' as const), atUs: fc.nat(12) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('fork' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('retain' as const), remainder: fc.nat(2) }) },
  ),
  { maxLength: 120 },
);

function drain(queue: EventQueue): QueueEntry[] {
  const popped: QueueEntry[] = [];
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) popped.push(entry);
  return popped;
}

describe('EventQueue', () => {
  it('is a sorted list by (time, sequence), and so is every fork of it, whatever happens to the others', () => {
    fc.assert(
      fc.property(moves, fc.infiniteStream(fc.nat()), (steps, picks) => {
        const versions: { queue: EventQueue; model: QueueEntry[] }[] = [{ queue: new EventQueue(), model: [] }];
        let sequence = 0;
        for (const step of steps) {
          const at = (picks.next().value as number) % versions.length;
          const version = versions[at] as { queue: EventQueue; model: QueueEntry[] };
          if (step.kind === 'push') {
            sequence += 1;
            const entry = entryAt(step.atUs, sequence);
            version.queue.push(entry);
            version.model = [...version.model, entry].sort(byTimeThenSequence);
          } else if (step.kind === 'pop') {
            expect(version.queue.pop()).toBe(version.model[0]);
            version.model = version.model.slice(1);
          } else if (step.kind === 'retain') {
            const isKept = (entry: QueueEntry): boolean => entry.sequence % 3 !== step.remainder;
            version.queue.retain(isKept);
            version.model = version.model.filter(isKept);
          } else if (versions.length < 4) {
            versions.push({ queue: version.queue.fork(), model: version.model });
          }
          expect(version.queue.size).toBe(version.model.length);
          expect(version.queue.peek()).toBe(version.model[0]);
        }
        for (const { queue, model } of versions) expect(drain(queue)).toEqual(model);
      }),
    );
  });

  it('gives events of one instant in the order in which they were caused', () => {
    const queue = new EventQueue();
    for (const sequence of [5, 3, 9, 1, 7, 2]) queue.push(entryAt(10, sequence));
    expect(drain(queue).map((entry) => entry.sequence)).toEqual([1, 2, 3, 5, 7, 9]);
  });

  it('has nothing to give when it is empty, and can be used again', () => {
    const queue = new EventQueue();
    expect(queue.pop()).toBeUndefined();
    queue.push(entryAt(1, 1));
    expect(queue.pop()?.sequence).toBe(1);
    expect(queue.pop()).toBeUndefined();
    queue.push(entryAt(0, 2));
    expect(queue.peek()?.sequence).toBe(2);
  });
});
