/**
 * Configurations: everything of a snapshot but its context, interned, so that two states of a machine that behave alike
 * share one object and one set of tries. The key is the ORDERED list of active nodes plus history: the same set of
 * active nodes reached on two ways can behave differently, because XState selects region by region in insertion order.
 */
import { assert } from '../assert.ts';
import type { GeneratedStep } from './generator.ts';
import { describeNodes } from './snapshot.ts';
import type { TrieNode } from './trie.ts';
import type { SnapshotShape } from './xstate-shapes.ts';

/** Above the number of event types of most states. */
const SCANNED_TYPES = 8;

export class Configuration {
  readonly status: 'active' | 'done';
  readonly description: string;
  /** A snapshot in this configuration, without a context: what the interpreter is given on a miss. */
  readonly template: SnapshotShape;
  /** By event type, in order of discovery. */
  readonly tries = new Map<string, TrieNode>();

  /** A step from here as code; undefined until it is worth it. */
  generated: GeneratedStep | undefined = undefined;
  /** Walks of `tries` until code is generated; 0 when all that it could hold is in it. */
  walksLeft = 0;

  /** The first `tries` once more: comparing a few interned strings is cheaper than hashing one. */
  private readonly types: string[] = [];
  private readonly roots: TrieNode[] = [];

  constructor(snapshot: SnapshotShape) {
    this.status = snapshot.status === 'done' ? 'done' : 'active';
    this.description = describeNodes(snapshot._nodes);
    this.template = { ...snapshot, context: undefined };
  }

  /** As `tries.get`. */
  trieOf(type: string): TrieNode | undefined {
    const { types } = this;
    for (let i = 0; i < types.length; i += 1) {
      if (types[i] === type) return this.roots[i];
    }
    return types.length < SCANNED_TYPES ? undefined : this.tries.get(type);
  }

  setTrie(type: string, root: TrieNode): void {
    const known = this.tries.get(type);
    assert(known === undefined || known === root, 'a trie grows in place');
    if (known !== undefined) return;
    this.tries.set(type, root);
    if (this.types.length === SCANNED_TYPES) return;
    this.types.push(type);
    this.roots.push(root);
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
