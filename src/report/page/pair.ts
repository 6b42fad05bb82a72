/**
 * Two runs on one page: what they have in common, one axis for both, and the page as the second run's parts see it: the
 * same moment and window, a selection of its own.
 */
import { firstDifference, sharedMessages, type Difference } from './first-difference.ts';
import type { Page } from './page.ts';
import type { View, ViewStore } from './store.ts';

export interface Pair {
  readonly difference: Difference;
  /** By message of this run and of the other: 1 where both have it. */
  readonly shared: readonly [Uint8Array, Uint8Array];
  /** Every moment at which something happened in either run, rising. */
  readonly steps: () => Float64Array;
}

export function pairOf(page: Page, otherPage: Page): Pair {
  const { run } = page;
  const other = otherPage.run;
  let steps: Float64Array | undefined;
  return {
    difference: firstDifference(page, otherPage),
    shared: [sharedMessages(run, other), sharedMessages(other, run)],
    steps: () => (steps ??= merged(run.steps(), other.steps())),
  };
}

function merged(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  let kept = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    if (a[i] === next) i += 1;
    if (b[j] === next) j += 1;
    all[kept++] = next;
  }
  return all.slice(0, kept);
}

/** Of the second run: what it selects is `selectedOther`, and what is chosen in panes is not its own. */
export class OtherStore implements ViewStore {
  private readonly store: ViewStore;

  constructor(store: ViewStore) {
    this.store = store;
  }

  get view(): View {
    return mirrored(this.store.view);
  }

  set(change: Partial<View>): void {
    const { timeUs, fromUs, toUs, axis, filter, open } = { ...this.store.view, ...change };
    this.store.set({ timeUs, fromUs, toUs, axis, filter, open, ...(change.selected === undefined ? {} : { selectedOther: change.selected }) });
  }
}

export function mirrored(view: View): View {
  return { ...view, selected: view.selectedOther, selectedOther: view.selected, partition: 0, offset: -1, machine: -1 };
}
