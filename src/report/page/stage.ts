/**
 * One run's timeline on the page: its canvases, what scrolls them, and when to draw which. Of two runs there are two, one
 * above the other, with one axis.
 */
import { coneOf } from './cone.ts';
import { h } from './dom.ts';
import type { Page } from './page.ts';
import { listenToPointer } from './pointer.ts';
import type { View } from './store.ts';
import { Timeline, type Twin } from './timeline.ts';

export class Stage {
  readonly page: Page;
  readonly scroller: HTMLElement;
  readonly timeline: Timeline;
  private cone: ReadonlySet<number> = new Set();

  constructor(page: Page, caption: readonly (Node | string)[], twin?: Twin) {
    this.page = page;
    const base = h('canvas', { class: 'base', role: 'img', 'aria-label': `Timeline of all messages, states and faults${twin === undefined ? '' : ` of ${page.run.meta.scenario.name}`}. The pane Events says the same in words.` });
    const overlay = h('canvas', { class: 'overlay', 'aria-hidden': 'true' });
    const scroller = h('div', { class: 'scroller' }, h('div', { class: 'layers' }, base, overlay));
    this.scroller = h('div', { class: `timeline ${twin === undefined ? '' : 'twin'}` }, twin === undefined ? null : h('p', { class: 'caption' }, caption), scroller);
    this.timeline = new Timeline(page.run, page.lives, base, overlay, page.store.view, twin);
    listenToPointer(page, this.timeline);
    scroller.addEventListener('scroll', () => {
      this.timeline.scrolled = scroller.scrollTop;
      this.timeline.drawOverlay(page.store.view);
    });
  }

  /** @param before as it was drawn last; undefined when everything has to be drawn */
  draw(view: View, before: View | undefined): void {
    const { page, timeline } = this;
    if (before === undefined || view.selected !== before.selected) this.cone = coneOf(page.run, view.selected);
    const isMoved = before === undefined || view.fromUs !== before.fromUs || view.toUs !== before.toUs || view.axis !== before.axis || view.filter !== before.filter || view.open !== before.open || view.selected !== before.selected;
    if (isMoved) timeline.draw(view, page.filter(), this.cone, this.scroller.clientWidth);
    timeline.drawOverlay(view);
  }
}

/** Lanes of two runs of one scenario are the same: they scroll together. */
export function scrollTogether(one: Stage, other: Stage): void {
  const [a, b] = [one, other].map(({ scroller }) => scroller.querySelector('.scroller') as HTMLElement) as [HTMLElement, HTMLElement];
  for (const [from, to] of [[a, b], [b, a]] as const) {
    from.addEventListener('scroll', () => {
      if (Math.abs(to.scrollTop - from.scrollTop) > 1) to.scrollTop = from.scrollTop;
    });
  }
}
