/**
 * Watches a run and keeps what a report shows of it. The pieces each follow one thing (messages, replicas, clients,
 * machines); this one hands them what they need, and ties every step to its cause.
 */
import type { ClientObservation } from '../history/observations.ts';
import type { ControllerView, ReplicaView } from '../kafka/views.ts';
import { present, unreachable } from '../kernel/assert.ts';
import type { Message } from '../kernel/effects.ts';
import type { LifecycleEvent } from '../kernel/outside.ts';
import type { TraceLine } from '../kernel/trace.ts';
import type { World } from '../kernel/world.ts';
import { nodesOf, type Scenario } from '../scenarios/scenario.ts';
import type { Spectator } from '../scenarios/spectator.ts';
import { Causes } from './causes.ts';
import { ChartCounts, chartOf } from './charts.ts';
import { Dictionary, GrowingTable } from './columns.ts';
import type { Chart, Life, ModelMachine } from './model/model.ts';
import { ClientRecorder } from './record-clients.ts';
import { MessageRecorder, type DetailBudget } from './record-messages.ts';
import { ReplicaRecorder } from './record-replicas.ts';

interface Context<State> {
  readonly state: State;
}

export class RunRecorder implements Spectator {
  readonly wiretap: MessageRecorder;
  readonly replicas: ReplicaRecorder;
  readonly clients: ClientRecorder;
  readonly names = { partitions: new Dictionary(), words: new Dictionary() };
  readonly transitions = new GrowingTable('transitions');
  readonly resets = new GrowingTable('resets');
  readonly machines: ModelMachine[] = [];
  readonly lives: Life[] = [];
  charts: readonly Chart[] = [];
  private readonly causes = new Causes();
  private readonly nodeNumbers: ReadonlyMap<string, number>;
  private readonly machineNumbers = new Map<string, number>();
  private readonly counts = new Map<string, ChartCounts>();
  private world: World | undefined;

  constructor(scenario: Scenario, budget: DetailBudget) {
    const nodes = nodesOf(scenario);
    this.nodeNumbers = new Map(nodes.map(({ name }, node) => [name, node]));
    this.wiretap = new MessageRecorder(this.causes, nodes.length, budget);
    this.clients = new ClientRecorder(this.causes, this.names);
    this.replicas = new ReplicaRecorder(this.names, (value) => this.clients.sendOfValue(value));
  }

  trace(line: TraceLine): void {
    const node = present(this.nodeNumbers.get(line.node), 'node of a trace line');
    const message = line.from === undefined ? undefined : this.wiretap.handled(line.atUs, present(this.nodeNumbers.get(line.from), 'sender'), node, line.detail as Message);
    this.causes.begin(line, message);
    this.replicas.settle(this.causes.current);
    if (line.machine === '') return;
    if (line.event === 'connection.lost') this.connectionLost(line, node);
    if (line.event.endsWith('.flushed') && this.world !== undefined) this.replicas.flushed(this.world, node, line.machine);
    this.machineStepped(line, node);
  }

  stepped(world: World, node: number, slot: number, _before: unknown, after: unknown): void {
    this.world = world;
    if (after === undefined) return;
    const { chart } = this.machines[this.machineOf(world, node, slot)] as ModelMachine;
    if (chart === 'replica') this.replicas.changed(world.nowUs, node, (after as Context<ReplicaView>).state);
    else if (chart === 'controller') this.replicas.committed(world.nowUs, (after as Context<ControllerView>).state);
  }

  observed(world: World, node: number, observation: Message): void {
    this.clients.observed(world.nowUs, node, observation as ClientObservation);
  }

  lifecycle(world: World, event: LifecycleEvent): void {
    this.world = world;
    this.lives.push({ atUs: world.nowUs, node: event.node, kind: event.kind, words: wordsOf(event) });
    if (event.kind !== 'started') this.replicas.diskFound(world, event.node);
  }

  ended(world: World): void {
    this.charts = [...this.counts].map(([name, counts]) => chartOf(name, present(world.programs[name], `program ${name}`), counts));
  }

  private connectionLost({ atUs, detail }: TraceLine, node: number): void {
    const { peer, reason } = detail as { peer: number; reason: string };
    this.resets.push({ atUs, ...this.causes.current, node, peer, reason: this.names.words.of(reason) });
  }

  private machineStepped(line: TraceLine, node: number): void {
    const { event, stateBefore, stateAfter } = line;
    if (stateAfter === undefined) return;
    const number = this.machineNumber(node, line.machine);
    const machine = this.machines[number] as ModelMachine;
    const counts = this.countsOf(machine.chart);
    if (stateBefore === undefined) counts.entered(stateAfter);
    else counts.stepped(stateBefore, event, stateAfter);
    if (stateBefore === stateAfter) return;
    const { words } = this.names;
    this.transitions.push({ atUs: line.atUs, ...this.causes.current, machine: number, before: stateBefore === undefined ? -1 : words.of(stateBefore), after: words.of(stateAfter), event: words.of(event) });
  }

  private countsOf(chart: string): ChartCounts {
    let counts = this.counts.get(chart);
    if (counts === undefined) {
      counts = new ChartCounts();
      this.counts.set(chart, counts);
    }
    return counts;
  }

  private machineOf(world: World, node: number, slot: number): number {
    return this.machineNumber(node, present(world.node(node).names[slot], 'machine name'));
  }

  private machineNumber(node: number, name: string): number {
    const key = `${node}/${name}`;
    let number = this.machineNumbers.get(key);
    if (number === undefined) {
      number = this.machines.length;
      this.machineNumbers.set(key, number);
      this.machines.push({ node, name, chart: this.chartOfMachine(node, name) });
    }
    return number;
  }

  /** By the program that runs under that name. */
  private chartOfMachine(node: number, name: string): string {
    const world = present(this.world, 'a world in which something runs');
    const process = world.node(node);
    const program = process.programs[process.slotOf(name)];
    return present(Object.entries(world.programs).find(([, each]) => each === program), `program of ${name}`)[0];
  }
}

function wordsOf(event: LifecycleEvent): string {
  switch (event.kind) {
    case 'started':
      return `started, incarnation ${event.incarnation}`;
    case 'crashed':
      return `crashed: ${event.reason}`;
    case 'powerLost': {
      const lost = [...event.lostEntries].map(([file, count]) => `${count} of ${file}`);
      return `lost power${lost.length === 0 ? '' : ` and entries of its files: ${lost.join(', ')}`}`;
    }
    case 'wiped':
      return 'wiped';
    default:
      return unreachable(event, 'lifecycle event');
  }
}
