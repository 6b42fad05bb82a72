/**
 * A report as one HTML file: the page as it was built, and the data of a run behind it, compressed, in base64. The data
 * stand in an element that no browser executes, and their alphabet holds nothing that could end it.
 */
import { assert } from '../kernel/assert.ts';
import type { CampaignModel } from './campaign/campaign-model.ts';
import { encodeModel } from './model/codec.ts';
import type { RunModel } from './model/model.ts';

/** Stands in the built page where the data go. */
export const DATA_PLACE = '<!--harrow-data-->';
/** Of the elements that hold the data; two runs are there to compare. */
const RUN_TYPE = 'application/x-harrow-run';
const CAMPAIGN_TYPE = 'application/x-harrow-campaign';

/** RFC 1951, without a header. */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

export function reportHtml(page: string, models: readonly RunModel[], deflate: Deflate): string {
  return withData(page, RUN_TYPE, models.map((model) => deflate(encodeModel(model))));
}

export function campaignHtml(page: string, campaign: CampaignModel, deflate: Deflate): string {
  return withData(page, CAMPAIGN_TYPE, [deflate(new TextEncoder().encode(JSON.stringify(campaign)))]);
}

function withData(page: string, type: string, blocks: readonly Uint8Array[]): string {
  const [before, after, ...more] = page.split(DATA_PLACE);
  assert(before !== undefined && after !== undefined && more.length === 0, 'a built page has one place for the data');
  return `${before}${blocks.map((block) => `<script type="${type}">${base64(block)}</script>`).join('\n')}${after}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CHUNK = 0x6000;

export function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; from += CHUNK) {
    let text = '';
    for (let i = from; i < Math.min(from + CHUNK, bytes.length); i += 3) {
      const bits = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      text += (ALPHABET[bits >> 18] as string) + (ALPHABET[(bits >> 12) & 63] as string)
        + (i + 1 < bytes.length ? ALPHABET[(bits >> 6) & 63] : '=') + (i + 2 < bytes.length ? ALPHABET[bits & 63] : '=');
    }
    parts.push(text);
  }
  return parts.join('');
}
