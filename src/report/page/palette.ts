/**
 * Colours from the style sheet, so that the canvas follows light and dark with the rest. Based on Okabe and Ito's eight,
 * which people with colour blindness tell apart; nothing is told by colour alone.
 */
export interface Palette {
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly ground: string;
  readonly panel: string;
  readonly accent: string;
  readonly bad: string;
  readonly warn: string;
  readonly good: string;
  readonly down: string;
  /** By message class, see MESSAGE_CLASSES. */
  readonly classes: readonly string[];
  readonly epochs: readonly string[];
  /** On a ground of one of `epochs`. */
  readonly cellText: string;
  readonly font: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: of('--text'), dim: of('--dim'), line: of('--line'), ground: of('--ground'), panel: of('--panel'), accent: of('--accent'), bad: of('--bad'), warn: of('--warn'), good: of('--good'), down: of('--down'),
    classes: ['--produce', '--fetch', '--quorum', '--control', '--group'].map(of), epochs: Array.from({ length: 8 }, (_, i) => of(`--epoch-${i}`)), cellText: of('--cell-text'), font: '11px ui-sans-serif, system-ui, sans-serif',
  };
}

const STATE_TINTS = 6;

/** A tint for a state by its name: the same name, the same tint. */
export function tintOf(name: string, { epochs }: Palette): string {
  let hash = 0;
  for (let i = 0; i < name.length; i += 1) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return epochs[Math.abs(hash) % STATE_TINTS] as string;
}
