/**
 * The data inside the page, as models: base64, deflate, tables. Nothing is loaded from anywhere else.
 */
import { decodeModel } from '../model/codec.ts';
import type { RunModel } from '../model/model.ts';

export async function loadModels(): Promise<RunModel[]> {
  const places = [...document.querySelectorAll('script[type="application/x-harrow-run"]')];
  const models: RunModel[] = [];
  for (const place of places) {
    models.push(decodeModel(await inflate(bytesOf(place.textContent ?? ''))));
    // Megabytes of text that nobody reads again.
    place.remove();
  }
  return models;
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
