/**
 * Elements from data. Text goes in as text nodes and attributes as attributes, never as markup: whatever a scenario
 * calls its nodes or its records, it stays words.
 */
type Child = Node | string | number | null | undefined | false | readonly Child[];

interface Props {
  readonly [name: string]: string | number | boolean | undefined | null | ((event: never) => void);
}

const SVG = 'http://www.w3.org/2000/svg';
/** Attributes whose value a browser follows or executes. */
const FORBIDDEN = new Set(['href', 'src', 'srcdoc', 'style', 'action', 'formaction', 'innerHTML', 'outerHTML']);

function fill(element: Element, props: Props, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2).toLowerCase(), value as (event: Event) => void);
    else if (FORBIDDEN.has(name) || name.startsWith('on')) throw new Error(`the attribute ${name} is not set from data`);
    else element.setAttribute(name, value === true && !name.startsWith('aria-') ? '' : String(value));
  }
  append(element, children);
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(typeof child === 'number' ? String(child) : (child as Node | string));
  }
}

export function h<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, props: Props = {}, ...children: readonly Child[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  fill(element, props, children);
  return element;
}

export function svg(tag: string, props: Props = {}, ...children: readonly Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag) as SVGElement;
  fill(element, props, children);
  return element;
}

/** A link to a file beside this one: two names of which neither can be more than a name. */
export function link(folder: string, file: string, words: string): HTMLAnchorElement {
  const element = h('a', {}, words);
  element.setAttribute('href', `./${encodeURIComponent(folder)}/${encodeURIComponent(file)}`);
  return element;
}

/** Puts `children` in place of what was there. What had the focus has it again, if there is something of the same name. */
export function replace(element: Element, ...children: readonly Child[]): void {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const named = focused === null ? '' : nameOf(focused);
  const at = focused === null ? -1 : namesakes(element, focused, named).indexOf(focused);
  element.replaceChildren();
  append(element, children);
  if (focused === null) return;
  const again = namesakes(element, focused, named);
  (again[Math.min(at, again.length - 1)] as HTMLElement | undefined)?.focus({ preventScroll: true });
}

function nameOf(element: Element): string {
  return element.getAttribute('aria-label') ?? element.textContent;
}

function namesakes(place: Element, { tagName }: Element, named: string): Element[] {
  return [...place.querySelectorAll(tagName)].filter((each) => nameOf(each) === named);
}

/** A table with a caption for those who do not see it. */
export function table(caption: string, head: readonly string[], rows: readonly HTMLTableRowElement[], className = ''): HTMLTableElement {
  return h('table', { class: className }, h('caption', { class: 'unseen' }, caption),
    h('thead', {}, h('tr', {}, head.map((title) => h('th', { scope: 'col' }, title)))), h('tbody', {}, rows));
}
