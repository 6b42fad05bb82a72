/**
 * Resolves a nemesis: its defaults are shares of the run, so that `nemesis: {}` fits a minute as well as a day.
 */
import { formatDurationMs } from './durations.ts';
import { resolveNodes } from './fault-forms.ts';
import type { Mistakes } from './problems.ts';
import type { NemesisSpec } from './scenario.ts';
import type { RawNemesis } from './schema.ts';

/** `durationMs` is undefined when the duration itself is a mistake; limits by it are then not checked. */
export function resolveNemesis(raw: RawNemesis, nodes: readonly string[], durationMs: number | undefined, mistakes: Mistakes): NemesisSpec {
  const end = durationMs ?? Number.MAX_SAFE_INTEGER;
  const share = (of: number, atMost = Number.MAX_SAFE_INTEGER): number => Math.max(1, Math.min(atMost, Math.floor(end / of)));
  const targets = raw.targets === undefined ? nodes.filter((name) => name.startsWith('broker-')) : resolveNodes(raw.targets, nodes, mistakes);
  const faultMs = { min: raw.faultDuration?.min ?? share(120, 5_000), max: raw.faultDuration?.max ?? share(12, 60_000) };
  const spec: NemesisSpec = {
    kinds: raw.kinds?.map((kind) => kind.value) ?? null,
    targets, faultMs,
    meanIntervalMs: raw.meanInterval ?? share(4, 120_000),
    maxDown: raw.maxDown ?? 1,
    stabilityMs: raw.stability ?? share(30, 60_000),
    startMs: raw.start ?? share(12, 5_000),
    quietAfterMs: raw.quietAfter ?? Math.max(1, Math.floor((end / 4) * 3)),
  };
  const path = ['nemesis'];
  for (const [index, kind] of (raw.kinds ?? []).entries()) {
    if (raw.kinds?.findIndex((other) => other.value === kind.value) !== index) mistakes.add(kind.path, `${kind.value} twice; expected each kind once`);
  }
  if (faultMs.min > faultMs.max) mistakes.add([...path, 'faultDuration', 'min'], `got ${formatDurationMs(faultMs.min)}, more than max; expected at most ${formatDurationMs(faultMs.max)}`);
  if (targets.length > 0 && spec.maxDown > targets.length) mistakes.add([...path, 'maxDown'], `got ${spec.maxDown}, more than there are targets; expected at most ${targets.length}`);
  if (spec.quietAfterMs > end) mistakes.add([...path, 'quietAfter'], `${formatDurationMs(spec.quietAfterMs)} is after the end of the run; expected at most ${formatDurationMs(end)}`);
  if (spec.startMs + faultMs.min > spec.quietAfterMs) {
    mistakes.add([...path, raw.start === undefined ? 'quietAfter' : 'start'], `no fault fits between ${formatDurationMs(spec.startMs)} and ${formatDurationMs(spec.quietAfterMs)}; expected room for one of ${formatDurationMs(faultMs.min)}`);
  }
  return spec;
}
