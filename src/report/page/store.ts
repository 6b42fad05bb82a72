/**
 * What the reader looks at: one value, changed in one place, and mirrored in the address so that a link leads back to
 * it. Whoever draws something subscribes; changes within a frame are drawn once.
 */
export type Axis = 'time' | 'steps';
export const TABS = ['verdicts', 'partitions', 'clients', 'groups', 'machines', 'events', 'config', 'compare'] as const;
export type Tab = (typeof TABS)[number];

export interface View {
  /** Where the scrubber stands. */
  readonly timeUs: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** A letter for the kind and a number: `m17` is message 17. Empty for none. */
  readonly selected: string;
  /** The same in the second of two runs. One of the two is empty. */
  readonly selectedOther: string;
  readonly tab: Tab;
  readonly axis: Axis;
  readonly filter: string;
  readonly partition: number;
  /** An offset to keep in sight; -1 for none. */
  readonly offset: number;
  readonly machine: number;
  /** Lanes that show all their machines, by node. */
  readonly open: readonly number[];
}

/** Where the view stands, and how to change it. */
export interface ViewStore {
  readonly view: View;
  set(change: Partial<View>): void;
}

const REST_MS = 200;

type Listener = (view: View, before: View) => void;

export class Store implements ViewStore {
  view: View;
  private initial: View;
  private drawn: View;
  private readonly listeners: Listener[] = [];
  private readonly isSwapped = isSwapped(location.hash);
  private isDue = false;
  private remembering = 0;

  constructor(initial: View) {
    this.initial = initial;
    this.view = { ...initial, ...parseHash(location.hash) };
    this.drawn = this.view;
    addEventListener('hashchange', () => {
      if (isSwapped(location.hash) !== this.isSwapped) location.reload();
      // A link says all that differs from the first view.
      else if (location.hash !== this.hash()) this.set({ ...this.initial, ...parseHash(location.hash) });
    });
  }

  /** Where the scrubber stands unless the address says otherwise; before anybody listens. */
  beginAt(timeUs: number): void {
    this.initial = { ...this.initial, timeUs };
    this.view = { ...this.initial, ...parseHash(location.hash) };
    this.drawn = this.view;
  }

  set(change: Partial<View>): void {
    const { selected = '', selectedOther = '' } = change;
    this.view = { ...this.view, ...(selected === '' ? {} : { selectedOther: '' }), ...(selectedOther === '' ? {} : { selected: '' }), ...change };
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => this.draw());
  }

  subscribe(listener: Listener): void {
    this.listeners.push(listener);
    listener(this.view, this.view);
  }

  /** The address of what is looked at now; `swaps`: of the same moment with the other run in its place. */
  hash(swaps = false): string {
    const { view, initial } = this;
    const parts: string[] = [`t=${Math.round(view.timeUs)}`];
    if (this.isSwapped !== swaps) parts.push('w=1');
    const [selected, selectedOther] = swaps ? [view.selectedOther, view.selected] : [view.selected, view.selectedOther];
    if (selected !== '') parts.push(`sel=${selected}`);
    if (selectedOther !== '') parts.push(`osel=${selectedOther}`);
    // Numbers of partitions, machines and lanes are those of one run.
    if (swaps) return `#${[...parts, `v=${Math.round(view.fromUs)},${Math.round(view.toUs)}`].join('&')}`;
    if (view.tab !== initial.tab) parts.push(`tab=${view.tab}`);
    if (view.fromUs !== initial.fromUs || view.toUs !== initial.toUs) parts.push(`v=${Math.round(view.fromUs)},${Math.round(view.toUs)}`);
    if (view.axis !== 'time') parts.push(`axis=${view.axis}`);
    if (view.filter !== '') parts.push(`q=${encodeURIComponent(view.filter)}`);
    if (view.partition !== initial.partition) parts.push(`p=${view.partition}`);
    if (view.offset >= 0) parts.push(`o=${view.offset}`);
    if (view.machine >= 0) parts.push(`m=${view.machine}`);
    if (view.open.length > 0) parts.push(`open=${view.open.join(',')}`);
    return `#${parts.join('&')}`;
  }

  /** Browsers take only so many changes of address in a while: a scrub writes it once it rests. */
  private rememberSoon(): void {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => history.replaceState(null, '', this.hash()), REST_MS);
  }

  private draw(): void {
    this.isDue = false;
    const before = this.drawn;
    this.drawn = this.view;
    this.rememberSoon();
    for (const listener of this.listeners) listener(this.view, before);
  }
}

/** Whether an address asks for the second run in the place of the first. */
export function isSwapped(hash: string): boolean {
  return /[#&]w=1(&|$)/.test(hash);
}

function parseHash(hash: string): Partial<View> {
  const parts = new Map(hash.slice(1).split('&').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
  const change: { -readonly [Key in keyof View]?: View[Key] } = {};
  const number = (name: string): number | undefined => {
    const text = parts.get(name);
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const timeUs = number('t');
  if (timeUs !== undefined) change.timeUs = timeUs;
  for (const [name, field] of [['sel', 'selected'], ['osel', 'selectedOther']] as const) {
    const selected = parts.get(name);
    if (selected !== undefined && /^[a-z]\d+(\.\d+)?$/.test(selected)) change[field] = selected;
  }
  const tab = TABS.find((each) => each === parts.get('tab'));
  if (tab !== undefined) change.tab = tab;
  const window = /^(\d+),(\d+)$/.exec(parts.get('v') ?? '');
  if (window !== null && Number(window[1]) < Number(window[2])) Object.assign(change, { fromUs: Number(window[1]), toUs: Number(window[2]) });
  if (parts.get('axis') === 'steps') change.axis = 'steps';
  const filter = parts.get('q');
  if (filter !== undefined) change.filter = safelyDecoded(filter);
  const partition = number('p');
  if (partition !== undefined) change.partition = partition;
  const offset = number('o');
  if (offset !== undefined) change.offset = offset;
  const machine = number('m');
  if (machine !== undefined) change.machine = machine;
  const open = parts.get('open');
  if (open !== undefined && /^\d+(,\d+)*$/.test(open)) change.open = open.split(',').map(Number);
  return change;
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
