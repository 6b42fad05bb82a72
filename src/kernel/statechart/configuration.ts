/**
 * Configurations: everything of a snapshot but its context, interned, so that two states of a machine that behave alike
 * share one object and one set of tries. The key is the ORDERED list of active nodes plus history: the same set of
 * active nodes reached on two ways can behave differently, because XState selects region by region in insertion order.
 */
import { describeNodes } from './snapshot.ts';
import type { TrieNode } from './trie.ts';
import type { SnapshotShape } from './xstate-shapes.ts';

export class Configuration {
  readonly status: 'active' | 'done';
  readonly description: string;
  /** A snapshot in this configuration, without a context: what the interpreter is given on a miss. */
  readonly template: SnapshotShape;
  /** By event type. */
  readonly tries = new Map<string, TrieNode>();

  constructor(snapshot: SnapshotShape) {
    this.status = snapshot.status === 'done' ? 'done' : 'active';
    this.description = describeNodes(snapshot._nodes);
    this.template = { ...snapshot, context: undefined };
  }

  withContext(context: unknown): SnapshotShape {
    return { ...this.template, context };
  }
}

export class Configurations {
  private readonly keyOf: (snapshot: SnapshotShape) => string;
  private readonly byKey = new Map<string, Configuration>();

  constructor(keyOf: (snapshot: SnapshotShape) => string) {
    this.keyOf = keyOf;
  }

  intern(snapshot: SnapshotShape): Configuration {
    const key = this.keyOf(snapshot);
    let configuration = this.byKey.get(key);
    if (configuration === undefined) {
      configuration = new Configuration(snapshot);
      this.byKey.set(key, configuration);
    }
    return configuration;
  }

  get size(): number {
    return this.byKey.size;
  }

  /** In order of discovery. */
  all(): Iterable<Configuration> {
    return this.byKey.values();
  }
}
