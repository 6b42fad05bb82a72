import { describe, expect, it } from 'vitest';
import { NO_TIMERS, Turn, type TimerState } from './turn.ts';

const at = (nowMs: number) => ({ nowMs, draw: 7 });
const timersOf = (turn: Turn<TimerState>) => turn.end().effects.map((effect) => (effect.kind === 'schedule' ? `${effect.key} in ${effect.delayMs}` : effect.kind));

describe('the timers of a turn', () => {
  it('are armed for the earliest of what is due', () => {
    const turn = new Turn<TimerState>({ ...NO_TIMERS }, at(100));
    turn.wakeBy(250);
    turn.wakeBy(120);
    turn.wakeBy(300);
    turn.timeoutBy(5_000);
    expect(timersOf(turn)).toEqual(['wakeup in 20', 'timeout in 4900']);
  });

  it('are left alone when what is due comes no earlier than they are', () => {
    const turn = new Turn<TimerState>({ wakeupAtMs: 120, timeoutAtMs: 900 }, at(100));
    turn.wakeBy(120);
    turn.timeoutBy(2_000);
    expect(timersOf(turn)).toEqual([]);
  });

  it('are armed again after they fired, also for the time they were armed for: a clock may have run slow', () => {
    const turn = new Turn<TimerState>({ wakeupAtMs: 120, timeoutAtMs: 900 }, at(119));
    turn.fired('wakeup');
    turn.wakeBy(120);
    expect(timersOf(turn)).toEqual(['wakeup in 1']);
  });

  it('are not armed when nothing is left', () => {
    const turn = new Turn<TimerState>({ wakeupAtMs: 120, timeoutAtMs: 900 }, at(120));
    turn.fired('wakeup');
    expect(timersOf(turn)).toEqual([]);
    expect(turn.end().state.timeoutAtMs).toBe(900);
  });
});

describe('the draws of a turn', () => {
  it('differ from each other and are the same in the same turn', () => {
    const draws = (): number[] => {
      const turn = new Turn<TimerState>({ ...NO_TIMERS }, at(0));
      return [turn.nextDraw(), turn.nextDraw(), turn.nextDraw()];
    };
    expect(new Set(draws()).size).toBe(3);
    expect(draws()).toEqual(draws());
  });
});
