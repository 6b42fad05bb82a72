/**
 * Builds the report page into one HTML file: script and style inline, and a content security policy that admits exactly
 * these two by their hashes and no request to anywhere. The data of a run are put in later (src/report/html.ts).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
/** Forms have nowhere to go, `default-src 'none'` leaves no request of any kind, and no other page may frame this one. */
const policyOf = (script, style) =>
  `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'`;
const hashOf = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** What would end the element early, were it in a string of the script. */
const inlined = (code) => code.trim().replace(/<\/(?=script|style)/gi, '<\\/').replace(/<!--/g, '<\\!--');

function singleFile() {
  return {
    name: 'harrow-single-file',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const code = Object.values(bundle).find((file) => file.type === 'chunk').code;
      const css = Object.values(bundle).find((file) => file.fileName.endsWith('.css')).source;
      const script = inlined(code);
      const style = inlined(String(css));
      const replacements = {
        '<!--harrow-csp-->': `<meta http-equiv="Content-Security-Policy" content="${policyOf(script, style)}">`,
        '<!--harrow-style-->': `<style>${style}</style>`,
        '<!--harrow-script-->': `<script>${script}</script>`,
      };
      let page = readFileSync(`${FOLDER}index.html`, 'utf8');
      for (const [place, text] of Object.entries(replacements)) page = page.replace(place, () => text);
      for (const name of Object.keys(bundle)) delete bundle[name];
      this.emitFile({ type: 'asset', fileName: 'page.html', source: page });
    },
  };
}

export default {
  root: FOLDER,
  logLevel: 'warn',
  build: {
    target: 'es2022',
    emptyOutDir: false,
    cssCodeSplit: false,
    modulePreload: false,
    lib: { entry: `${FOLDER}main.ts`, formats: ['iife'], name: 'harrow', fileName: 'page', cssFileName: 'page' },
  },
  plugins: [singleFile()],
};
