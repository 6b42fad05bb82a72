/**
 * What the reader wants to see: words that must all be there. `node:broker-1`, `type:Fetch`, `kind:replica`, `lost`,
 * `stalled`, `copy`; any other word is looked for in what the event says.
 */
import { describe, KINDS, kindOf, numberOf } from './events.ts';
import type { Run } from './run.ts';

export class Filter {
  readonly isEmpty: boolean;
  private readonly run: Run;
  private readonly terms: readonly string[];
  /** By message type: whether every term on types admits it. */
  private readonly types: readonly boolean[];
  private readonly nodes: readonly boolean[] | undefined;

  constructor(run: Run, text: string) {
    this.run = run;
    this.terms = text.toLowerCase().split(/\s+/).filter((term) => term !== '');
    this.isEmpty = this.terms.length === 0;
    const ofName = (name: string): string[] => this.terms.filter((term) => term.startsWith(`${name}:`)).map((term) => term.slice(name.length + 1));
    this.types = run.meta.messageTypes.map((type) => ofName('type').every((part) => type.toLowerCase().includes(part)));
    const nodes = ofName('node');
    // truck-1 is one truck, and not the eleven whose names begin with it.
    const names = run.meta.nodes.map(({ name }) => name.toLowerCase());
    this.nodes = nodes.length === 0 ? undefined : run.meta.nodes.map(({ name }) => nodes.some((part) => (names.includes(part) ? name.toLowerCase() === part : name.toLowerCase().includes(part))));
  }

  /** Messages are many: they are judged without being put into words, unless a plain word asks for it. */
  passesMessage(i: number): boolean {
    if (this.isEmpty) return true;
    const { run } = this;
    if (this.types[run.tables.messages.type[i] as number] !== true) return false;
    if (this.nodes !== undefined && this.nodes[run.from[i] as number] !== true && this.nodes[run.to[i] as number] !== true) return false;
    for (const term of this.terms) {
      if (term === 'lost' ? !run.isLost(i) : term === 'stalled' ? !run.isStalled(i) : term === 'copy' ? !run.isCopy(i) : !this.saysMessage(term, i)) return false;
    }
    return true;
  }

  passes(id: string): boolean {
    if (this.isEmpty) return true;
    const kind = kindOf(id);
    if (kind === 'm') return this.passesMessage(numberOf(id));
    const event = describe(this.run, id);
    if (event === undefined || kind === undefined) return false;
    return this.terms.every((term) => {
      if (term.startsWith('node:')) return this.nodes?.[event.node] === true;
      if (term.startsWith('kind:')) return KINDS[kind].startsWith(term.slice(5));
      if (term.startsWith('type:') || term === 'lost' || term === 'stalled' || term === 'copy') return false;
      return event.title.toLowerCase().includes(term);
    });
  }

  private saysMessage(term: string, i: number): boolean {
    if (term.startsWith('node:') || term.startsWith('type:')) return true;
    if (term.startsWith('kind:')) return 'message'.startsWith(term.slice(5));
    const { run } = this;
    return `${run.typeOf(i)} ${run.nodeName(run.from[i] as number)} ${run.nodeName(run.to[i] as number)} ${run.detail(i) ?? ''}`.toLowerCase().includes(term);
  }
}
