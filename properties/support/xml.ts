/**
 * Reads XML without namespaces or document types, strictly: what is not well-formed throws. Source: XML 1.0, fifth edition,
 * productions Char, STag, Attribute, Reference.
 */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const TAG = /^<(?<close>\/)?(?<name>[A-Za-z_][\w.-]*)(?<attributes>(?:\s+[A-Za-z_][\w.-]*="[^"<]*")*)\s*(?<empty>\/)?>/;

export function readXml(text: string): XmlElement {
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text)) throw new Error('XML: a character that XML does not admit');
  let rest = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/, '');
  interface Open { name: string; attributes: Record<string, string>; children: XmlElement[]; text: string }
  const top: Open = { name: '', attributes: {}, children: [], text: '' };
  const open: Open[] = [top];
  while (rest !== '') {
    const current = open.at(-1) as Open;
    if (!rest.startsWith('<')) {
      const end = rest.indexOf('<') === -1 ? rest.length : rest.indexOf('<');
      current.text += unescaped(rest.slice(0, end));
      rest = rest.slice(end);
      continue;
    }
    const match = TAG.exec(rest);
    if (match?.groups === undefined) throw new Error(`XML: not a tag: ${rest.slice(0, 60)}`);
    const { close, name, attributes, empty } = match.groups as { close?: string; name: string; attributes: string; empty?: string };
    rest = rest.slice(match[0].length);
    if (close !== undefined) {
      if (current.name !== name) throw new Error(`XML: </${name}> closes <${current.name}>`);
      open.pop();
      continue;
    }
    const element: Open = { name, attributes: Object.fromEntries([...attributes.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, key, value]) => [key as string, unescaped(value as string)])), children: [], text: '' };
    current.children.push(element);
    if (empty === undefined) open.push(element);
  }
  const [root, ...others] = top.children;
  if (root === undefined || others.length > 0 || open.length !== 1 || top.text.trim() !== '') throw new Error('XML: a document has one root element, which is closed');
  return root;
}

function unescaped(text: string): string {
  return text.replaceAll(/&(?<name>\w*);?/g, (whole, name: string) => {
    const character = ENTITIES[name];
    if (character === undefined || !whole.endsWith(';')) throw new Error(`XML: ${whole} is no reference`);
    return character;
  });
}
