/**
 * The data inside the page, as models: base64, deflate, tables. Nothing is loaded from anywhere else.
 */
import type { CampaignModel } from '../campaign/campaign-model.ts';
import { decodeModel } from '../model/codec.ts';
import type { RunModel } from '../model/model.ts';

export async function loadModels(): Promise<RunModel[]> {
  return (await dataOf('application/x-harrow-run')).map(decodeModel);
}

/** Undefined in the report of a run. */
export async function loadCampaign(): Promise<CampaignModel | undefined> {
  const [bytes] = await dataOf('application/x-harrow-campaign');
  return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as CampaignModel);
}

async function dataOf(type: string): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  for (const place of document.querySelectorAll(`script[type="${type}"]`)) {
    blocks.push(await inflate(bytesOf(place.textContent ?? '')));
    // Megabytes of text that nobody reads again.
    place.remove();
  }
  return blocks;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
