/**
 * What is wrong with which link. Faults install rules, each over a set of directed links; the condition of a link is
 * what its rules add up to. Rules come and go by id, so faults may overlap in any order and any of them may be left
 * out: that is what lets a fault plan shrink.
 *
 * Immutable, and recomputed only when a rule changes; the hot path is one array read.
 */
import type { Ratio } from '../kernel/random.ts';

export type LinkEffect =
  /** Nothing arrives; TCP retransmits until it does. */
  | { readonly kind: 'cut' }
  /** Everything waits and arrives when the clog is gone. */
  | { readonly kind: 'clog' }
  | { readonly kind: 'loss'; readonly loss: Ratio }
  | { readonly kind: 'slow'; readonly addUs: number };

export interface LinkRule {
  readonly id: string;
  /** Directed pairs of node indexes. */
  readonly links: readonly (readonly [from: number, to: number])[];
  readonly effect: LinkEffect;
}

export interface LinkCondition {
  readonly cut: boolean;
  readonly clogged: boolean;
  readonly loss: Ratio;
  readonly addUs: number;
}

/** Both directions between every node of `a` and every node of `b`. */
export function bothWays(a: readonly number[], b: readonly number[]): [number, number][] {
  return [...oneWay(a, b), ...oneWay(b, a)];
}

export function oneWay(from: readonly number[], to: readonly number[]): [number, number][] {
  return from.flatMap((source) => to.filter((target) => target !== source).map((target): [number, number] => [source, target]));
}

export class LinkConditions {
  private readonly nodeCount: number;
  private readonly base: LinkCondition;
  readonly rules: readonly LinkRule[];
  private readonly byLink: readonly (LinkCondition | undefined)[];

  constructor(nodeCount: number, baseLoss: Ratio, rules: readonly LinkRule[] = []) {
    this.nodeCount = nodeCount;
    this.base = { cut: false, clogged: false, loss: baseLoss, addUs: 0 };
    this.rules = rules;
    this.byLink = this.fold();
  }

  of(from: number, to: number): LinkCondition {
    return this.byLink[from * this.nodeCount + to] ?? this.base;
  }

  isClosed(from: number, to: number): boolean {
    const condition = this.byLink[from * this.nodeCount + to];
    return condition !== undefined && (condition.cut || condition.clogged);
  }

  /** Adds a rule; one of the same id is replaced. */
  with(rule: LinkRule): LinkConditions {
    return new LinkConditions(this.nodeCount, this.base.loss, [...this.rules.filter(({ id }) => id !== rule.id), rule]);
  }

  without(id: string): LinkConditions {
    return new LinkConditions(this.nodeCount, this.base.loss, this.rules.filter((rule) => rule.id !== id));
  }

  private fold(): (LinkCondition | undefined)[] {
    const byLink: (LinkCondition | undefined)[] = [];
    if (this.rules.length === 0) return byLink;
    byLink.length = this.nodeCount * this.nodeCount;
    byLink.fill(undefined);
    for (const { links, effect } of this.rules) {
      // A rule that names a link twice means it once.
      for (const link of new Set(links.map(([from, to]) => from * this.nodeCount + to))) {
        byLink[link] = combine(byLink[link] ?? this.base, effect);
      }
    }
    return byLink;
  }
}

function combine(condition: LinkCondition, effect: LinkEffect): LinkCondition {
  switch (effect.kind) {
    case 'cut':
      return { ...condition, cut: true };
    case 'clog':
      return { ...condition, clogged: true };
    case 'slow':
      return { ...condition, addUs: condition.addUs + effect.addUs };
    case 'loss':
      return { ...condition, loss: moreOf(condition.loss, effect.loss) };
    default:
      return effect;
  }
}

function moreOf(a: Ratio, b: Ratio): Ratio {
  return a.numerator * b.denominator >= b.numerator * a.denominator ? a : b;
}
