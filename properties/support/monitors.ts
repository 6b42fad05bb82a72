/** Several monitors of one world, each told everything. */
import type { Message } from '../../src/kernel/effects.ts';
import type { LifecycleEvent, Monitor } from '../../src/kernel/outside.ts';
import type { World } from '../../src/kernel/world.ts';

export class Monitors implements Monitor {
  private readonly all: readonly Monitor[];

  constructor(all: readonly Monitor[]) {
    this.all = all;
  }

  stepped(world: World, node: number, slot: number, before: unknown, after: unknown): void {
    for (const monitor of this.all) monitor.stepped(world, node, slot, before, after);
  }

  lifecycle(world: World, event: LifecycleEvent): void {
    for (const monitor of this.all) monitor.lifecycle(world, event);
  }

  observed(world: World, node: number, observation: Message): void {
    for (const monitor of this.all) monitor.observed(world, node, observation);
  }

  fork(): Monitor {
    return new Monitors(this.all.map((monitor) => monitor.fork()));
  }
}
