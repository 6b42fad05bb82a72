/**
 * A campaign's file on disk: read in pieces, because it may be long; continued where the last whole line ends, so that a
 * line torn by a kill is written over; every line written by one call and not kept in a buffer.
 */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CAMPAIGN_FORMAT, headOf, outcomeOf, type CampaignHead } from '../explorer/campaign/campaign-lines.ts';
import type { SeedOutcome } from '../explorer/campaign/seed-outcome.ts';
import { UsageError } from './exit-codes.ts';
import { explained } from './file-errors.ts';

const PIECE_BYTES = 1 << 20;
const NEWLINE = 10;
/** {@link headLine} */
const HEAD_BEGINS = `{"format":"${CAMPAIGN_FORMAT}"`;

export interface CampaignSink {
  /** A whole line, with its end. */
  write(line: string): void;
  close(): void;
}

/**
 * The head, undefined when the file is absent or empty; `begin` gets it before `take` gets the first run. Gives the bytes of all
 * whole lines.
 */
export function readCampaign(path: string, take: (outcome: SeedOutcome) => void, begin: (head: CampaignHead) => void = () => undefined): { readonly head: CampaignHead | undefined; readonly wholeBytes: number } {
  if (!existsSync(path)) return { head: undefined, wholeBytes: 0 };
  const descriptor = explained('read', path, () => openSync(path, 'r'));
  try {
    let head: CampaignHead | undefined;
    let wholeBytes = 0;
    let rest = Buffer.alloc(0);
    const piece = Buffer.alloc(PIECE_BYTES);
    const more = (): number => explained('read', path, () => readSync(descriptor, piece));
    for (let read = more(); read > 0; read = more()) {
      const text = Buffer.concat([rest, piece.subarray(0, read)]);
      let from = 0;
      for (let to = text.indexOf(NEWLINE, from); to !== -1; to = text.indexOf(NEWLINE, from)) {
        const line = text.toString('utf8', from, to);
        if (head === undefined) {
          head = headOf(line);
          if (head === undefined) throw new UsageError(`${path} is no campaign; expected a file that harrow sweep wrote`);
          begin(head);
        } else {
          const outcome = outcomeOf(line);
          if (outcome === undefined) throw new UsageError(`${path}: what follows byte ${wholeBytes} is no run of a campaign; expected a file that harrow sweep wrote`);
          take(outcome);
        }
        wholeBytes += to + 1 - from;
        from = to + 1;
      }
      rest = Buffer.from(text.subarray(from));
    }
    // Whoever was killed while it wrote the first line leaves the beginning of a head; anything else is somebody's file.
    if (head === undefined && !HEAD_BEGINS.startsWith(rest.toString('utf8', 0, HEAD_BEGINS.length))) throw new UsageError(`${path} is no campaign; expected a file that harrow sweep wrote`);
    return { head, wholeBytes };
  } finally {
    closeSync(descriptor);
  }
}

/** Goes on after `wholeBytes`; what is there beyond is dropped. */
export function continueCampaign(path: string, wholeBytes: number): CampaignSink {
  const descriptor = explained('write', path, () => {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, existsSync(path) ? 'r+' : 'w');
  });
  explained('write', path, () => ftruncateSync(descriptor, wholeBytes));
  let at = wholeBytes;
  return {
    write(line) {
      const bytes = Buffer.from(line);
      explained('write', path, () => {
        for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written, bytes.length - written, at + written);
      });
      at += bytes.length;
    },
    close: () => closeSync(descriptor),
  };
}
