/** The mouse on the timeline: drag to move, wheel to zoom, click to set the scrubber and select. */
import { LABEL_WIDTH, RULER_HEIGHT } from './lanes.ts';
import type { Minimap } from './minimap.ts';
import { lookAt, windowRound, zoomed, type Page } from './page.ts';
import type { Timeline } from './timeline.ts';

const DRAG_PX = 4;

export function listenToPointer(page: Page, timeline: Timeline): void {
  const { store, endUs } = page;
  const canvas = timeline.overlay;
  let from: { x: number; y: number; timeUs: number; fromUs: number; toUs: number; isScrub: boolean } | undefined;
  let isDrag = false;
  canvas.addEventListener('pointerdown', (event) => {
    const { fromUs, toUs } = store.view;
    from = { x: event.offsetX, y: event.offsetY, timeUs: timeline.scale.time(event.offsetX), fromUs, toUs, isScrub: event.offsetY - timeline.scrolled < RULER_HEIGHT };
    isDrag = false;
    canvas.setPointerCapture(event.pointerId);
    if (from.isScrub) store.set({ timeUs: clamped(from.timeUs) });
  });
  canvas.addEventListener('pointermove', (event) => {
    if (from === undefined) {
      canvas.style.cursor = event.offsetX < LABEL_WIDTH || timeline.messageAt(event.offsetX, event.offsetY, store.view) >= 0 ? 'pointer' : 'crosshair';
      return;
    }
    if (from.isScrub) {
      store.set({ timeUs: clamped(timeline.scale.time(event.offsetX)) });
      return;
    }
    if (!isDrag && Math.abs(event.offsetX - from.x) < DRAG_PX) return;
    isDrag = true;
    const width = from.toUs - from.fromUs;
    const start = Math.max(0, Math.min(endUs - width, from.fromUs - ((event.offsetX - from.x) / timeline.scale.width) * width));
    store.set({ fromUs: start, toUs: start + width });
  });
  canvas.addEventListener('pointerup', (event) => {
    const wasClick = from !== undefined && !isDrag && !from.isScrub;
    from = undefined;
    if (wasClick) click(event.offsetX, event.offsetY);
  });
  canvas.addEventListener('wheel', (event) => {
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const { fromUs, toUs } = store.view;
      const shift = (event.deltaX / timeline.scale.width) * (toUs - fromUs);
      const start = Math.max(0, Math.min(endUs - (toUs - fromUs), fromUs + shift));
      store.set({ fromUs: start, toUs: start + toUs - fromUs });
    } else if (event.shiftKey) return;
    else store.set(zoomed(page, store.view, clamped(timeline.scale.time(event.offsetX)), Math.exp(event.deltaY / 300)));
    event.preventDefault();
  }, { passive: false });

  const click = (x: number, y: number): void => {
    const lane = timeline.laneAt(y);
    if (x < LABEL_WIDTH) {
      if (lane !== undefined) store.set({ open: store.view.open.includes(lane.node) ? store.view.open.filter((node) => node !== lane.node) : [...store.view.open, lane.node] });
      return;
    }
    const fault = timeline.faultAt(x, y, store.view);
    if (fault !== undefined) {
      lookAt(page, `f${fault}`);
      return;
    }
    const timeUs = clamped(timeline.scale.time(x));
    const message = timeline.messageAt(x, y, store.view);
    if (message >= 0) {
      store.set({ selected: `m${message}`, timeUs });
      return;
    }
    const machine = lane === undefined ? undefined : timeline.machineAt(lane, y);
    const band = machine === undefined ? undefined : page.lives.stateAt(machine, timeUs);
    store.set(machine !== undefined && band !== undefined ? { timeUs, selected: `t${band.row}`, machine } : { timeUs });
  };
  const clamped = (us: number): number => Math.round(Math.max(0, Math.min(endUs, us)));
}

/** The strip of the whole run: pressing and dragging it moves the scrubber. */
export function listenToStrip(page: Page, minimap: Minimap): void {
  const scrub = (event: PointerEvent): void => {
    const timeUs = Math.round(minimap.timeAt(event.offsetX));
    page.store.set({ timeUs, ...windowRound(page, timeUs) });
  };
  minimap.canvas.addEventListener('pointerdown', (event) => {
    minimap.canvas.setPointerCapture(event.pointerId);
    scrub(event);
  });
  minimap.canvas.addEventListener('pointermove', (event) => {
    if (event.buttons !== 0) scrub(event);
  });
}
