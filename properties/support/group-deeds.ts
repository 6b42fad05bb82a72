/**
 * What the members of groups did in a run, as their applications saw it: effects carried out, offsets committed, by group and
 * partition. Read by properties that hold the two against each other.
 */
import type { ClientObservation, CommitInvoked } from '../../src/history/observations.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { RunResult } from '../../src/scenarios/run-record.ts';
import { nodesOf, type Scenario } from '../../src/scenarios/scenario.ts';
import type { Spectator } from '../../src/scenarios/spectator.ts';
import { requestOf, type Overrides } from './runs.ts';

export class GroupDeeds {
  /** By `group partition offset`: how often its effect was carried out. */
  readonly processed = new Map<string, number>();
  /** By `group partition`: the highest committed offset that was answered. */
  readonly committed = new Map<string, number>();
  /** Reasons of assignments, with how often. */
  readonly assignments = new Map<string, number>();
  private readonly invoked = new Map<string, CommitInvoked>();
  private readonly groupOf: ReadonlyMap<number, string>;

  constructor(scenario: Scenario) {
    const names = nodesOf(scenario).map(({ name }) => name);
    this.groupOf = new Map(scenario.consumers.flatMap(({ nodes, group }) => nodes.map((node) => [names.indexOf(node), group?.groupId ?? ''] as const)));
  }

  observed(node: number, observation: ClientObservation): void {
    const group = this.groupOf.get(node) ?? '';
    if (observation.type === 'record.processed') {
      add(this.processed, `${group} ${observation.partition} ${observation.offset}`);
    } else if (observation.type === 'assignment') {
      add(this.assignments, `${group} ${observation.reason}`);
    } else if (observation.type === 'commit.invoked') {
      this.invoked.set(`${node} ${observation.commitId}`, observation);
    } else if (observation.type === 'commit.completed' && observation.outcome === 'ok') {
      for (const { partition, offset } of this.invoked.get(`${node} ${observation.commitId}`)?.offsets ?? []) {
        this.committed.set(`${group} ${partition}`, Math.max(this.committed.get(`${group} ${partition}`) ?? 0, offset));
      }
    }
  }

  /** Committed and never processed, as `group partition offset`. */
  skipped(): string[] {
    return [...this.committed].flatMap(([key, end]) => Array.from({ length: end }, (_, offset) => `${key} ${offset}`).filter((each) => !this.processed.has(each)));
  }

  repeated(group: string): string[] {
    return [...this.processed].filter(([key, times]) => key.startsWith(`${group} `) && times > 1).map(([key]) => key);
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function runWithDeeds(scenario: Scenario, seed: string, overrides: Overrides = {}): { readonly result: RunResult; readonly deeds: GroupDeeds } {
  const deeds = new GroupDeeds(scenario);
  const observed: Spectator['observed'] = (_world, node, message) => deeds.observed(node, message as unknown as ClientObservation);
  const nothing = (): void => undefined;
  const spectator = { observed, stepped: nothing, lifecycle: nothing, trace: nothing, ended: nothing, wiretap: new Proxy({}, { get: () => nothing }) } as unknown as Spectator;
  return { result: execute({ ...requestOf(scenario, seed, overrides), spectator }), deeds };
}
