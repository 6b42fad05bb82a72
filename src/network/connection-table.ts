/**
 * Every connection that someone could still notice, by id, and which of them a machine uses towards a node. Ids are
 * given out in order of opening and all walks go by id.
 *
 * Copied on the first write after a fork, table and connections alike: a fork that never runs costs one pointer.
 */
import { assert } from '../kernel/assert.ts';
import { Connection } from './connection.ts';

export class ConnectionTable {
  private readonly nodeCount: number;
  private byId: Map<number, Connection>;
  /** The connection a machine uses towards a node: key of (client, slot, server) to connection id. */
  private current: Map<number, number>;
  private nextId: number;
  /** Both maps are held by another table, too. */
  private shared: boolean;

  constructor(nodeCount: number, forkOf?: ConnectionTable) {
    this.nodeCount = nodeCount;
    this.byId = forkOf?.byId ?? new Map();
    this.current = forkOf?.current ?? new Map();
    this.nextId = forkOf?.nextId ?? 0;
    this.shared = forkOf !== undefined;
  }

  fork(): ConnectionTable {
    this.shared = true;
    return new ConnectionTable(this.nodeCount, this);
  }

  get size(): number {
    return this.byId.size;
  }

  /** To read; undefined when it is over. */
  get(id: number): Connection | undefined {
    return this.byId.get(id);
  }

  /** To write. */
  own(id: number): Connection {
    this.ownMaps();
    const connection = this.byId.get(id);
    assert(connection !== undefined, 'a connection that is written to is not over');
    if (!connection.shared) return connection;
    const copy = connection.fork();
    this.byId.set(id, copy);
    return copy;
  }

  /** Those that `filter` picks, to write. */
  ownAll(filter: (connection: Connection) => boolean): Connection[] {
    const picked: number[] = [];
    for (const connection of this.byId.values()) if (filter(connection)) picked.push(connection.id);
    return picked.map((id) => this.own(id));
  }

  /** The connection that a machine sends on, to write; undefined when it has none. */
  ownCurrent(client: number, slot: number, server: number): Connection | undefined {
    const id = this.current.get(this.keyOf(client, slot, server));
    return id === undefined ? undefined : this.own(id);
  }

  /** A new connection, from now on the one that its machine sends on. */
  open(client: number, slot: number, server: number): Connection {
    this.ownMaps();
    const connection = new Connection(this.nextId, client, slot, server);
    this.nextId += 1;
    this.byId.set(connection.id, connection);
    this.current.set(this.keyOf(client, slot, server), connection.id);
    return connection;
  }

  /** Its machine does not send on it any more. */
  abandon({ id, client, clientSlot, server }: Connection): void {
    this.ownMaps();
    const key = this.keyOf(client, clientSlot, server);
    if (this.current.get(key) === id) this.current.delete(key);
  }

  /** Returns false when it was forgotten before. */
  forget(id: number): boolean {
    this.ownMaps();
    return this.byId.delete(id);
  }

  private keyOf(client: number, slot: number, server: number): number {
    return (slot * this.nodeCount + client) * this.nodeCount + server;
  }

  private ownMaps(): void {
    if (!this.shared) return;
    for (const connection of this.byId.values()) connection.shared = true;
    this.byId = new Map(this.byId);
    this.current = new Map(this.current);
    this.shared = false;
  }
}
