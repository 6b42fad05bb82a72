/**
 * A cluster of brokers and a controller on the real network and disks, with a scripted client instead of producers and
 * consumers: for claims about replication itself. Node indexes are addresses: controller 0, brokers 1 to n, the client, the administrator.
 *
 * Everything goes through the doors that a scenario has, too: faults act on the world and the network, records come in
 * by ProduceRequest; state is only read. Every replica step is held against the replica invariants.
 */
import { adminMachine } from '../../src/actors/admin/machine.ts';
import { ADMIN_MACHINE, adminNode } from '../../src/actors/admin/node.ts';
import type { ProvisioningDue } from '../../src/actors/admin/state.ts';
import { alterPartitionMachine } from '../../src/actors/alter-partition/machine.ts';
import { producerIdsMachine } from '../../src/actors/producer-ids/machine.ts';
import { apisMachine } from '../../src/actors/apis/machine.ts';
import { brokerMachine } from '../../src/actors/broker/machine.ts';
import { brokerNode } from '../../src/actors/broker/node.ts';
import type { BrokerState } from '../../src/actors/broker/lifecycle.ts';
import { controllerMachine } from '../../src/actors/controller/machine.ts';
import { controllerNode, CONTROLLER_MACHINE } from '../../src/actors/controller/node.ts';
import type { ControllerState } from '../../src/actors/controller/state.ts';
import { groupMachine } from '../../src/actors/group/machine.ts';
import { groupCoordinatorMachine } from '../../src/actors/group-coordinator/machine.ts';
import { fetcherMachine } from '../../src/actors/fetcher/machine.ts';
import { BROKER_MACHINES } from '../../src/actors/local-events.ts';
import { metadataMachine } from '../../src/actors/metadata/machine.ts';
import type { Reduced } from '../../src/actors/reduction.ts';
import { raftMachine } from '../../src/actors/raft/machine.ts';
import { replicaMachine } from '../../src/actors/replica/machine.ts';
import type { Leadership, ReplicaState } from '../../src/actors/replica/state.ts';
import type { ProduceResponse } from '../../src/kafka/api.ts';
import { parseConfig } from '../../src/kafka/config.ts';
import { NO_LEADER } from '../../src/kafka/ids.ts';
import type { PartitionRegistration } from '../../src/kafka/metadata.ts';
import { batchOf } from '../../src/kafka/records.ts';
import { DEFAULT_CONTROL, type ReplicationControl } from '../../src/kafka/replication-control.ts';
import type { Rules } from '../../src/kafka/rules.ts';
import { assert, present } from '../../src/kernel/assert.ts';
import type { EngineName } from '../../src/kernel/statechart/engine.ts';
import { engine } from '../../src/kernel/statechart/engines.ts';
import type { Monitor } from '../../src/kernel/outside.ts';
import type { Tracer } from '../../src/kernel/trace.ts';
import { US_PER_MS } from '../../src/kernel/time.ts';
import { World } from '../../src/kernel/world.ts';
import { bothWays } from '../../src/network/conditions.ts';
import { ConnectionNetwork } from '../../src/network/connection-network.ts';
import { Monitors } from './monitors.ts';
import { ReplicaInvariants } from './replica-invariants.ts';
import { CLIENT_MACHINE, clientMachine, clientNode, type ClientState, type ToSend } from './scripted-client.ts';

export const CONTROLLER = 0;
export const TOPIC = 't';

/** The machines of brokers and controller, by the names under which nodes spawn them. */
export const BROKER_SIDE_MACHINES = {
  admin: adminMachine,
  controller: controllerMachine,
  broker: brokerMachine,
  metadata: metadataMachine,
  raft: raftMachine,
  apis: apisMachine,
  alterPartition: alterPartitionMachine,
  producerIds: producerIdsMachine,
  fetcher: fetcherMachine,
  replica: replicaMachine,
  groupCoordinator: groupCoordinatorMachine,
  group: groupMachine,
} as const;

export interface BrokerClusterOptions {
  readonly seed?: string;
  readonly brokers?: number;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly minInsyncReplicas?: number;
  /** Broker configs by dotted name. */
  readonly config?: { readonly [name: string]: unknown };
  readonly rules?: Rules;
  readonly control?: ReplicationControl;
  readonly engine?: EngineName;
  readonly tracer?: Tracer;
  /** Watches beside the replica invariants, with the programs it wants to see. */
  readonly monitor?: { readonly monitor: Monitor; readonly monitored: readonly string[] } | undefined;
  /** Clients besides the one, see `clientNode`. */
  readonly otherClients?: number | undefined;
}

export class BrokerCluster {
  readonly world: World;
  readonly network: ConnectionNetwork;
  readonly invariants = new ReplicaInvariants();
  readonly brokerIds: readonly number[];
  readonly partitionCount: number;
  private readonly client: number;
  private sent = 0;

  constructor(options: BrokerClusterOptions = {}) {
    const { seed = 'brokers', brokers = 3, partitions = 1, replicationFactor = brokers, minInsyncReplicas = 2 } = options;
    const { config, problems } = parseConfig('broker', { 'replica.lag.time.max.ms': 10_000, ...options.config });
    assert(problems.length === 0, () => `config: ${JSON.stringify(problems)}`);
    this.partitionCount = partitions;
    this.brokerIds = Array.from({ length: brokers }, (_, i) => i + 1);
    this.client = brokers + 1;
    const control = { ...(options.control ?? DEFAULT_CONTROL), ...(options.rules === undefined ? {} : { rules: options.rules }) };
    const voters = [CONTROLLER];
    const nodes = [
      controllerNode({ name: 'controller', nodeId: CONTROLLER, voters, config, control }),
      ...this.brokerIds.map((brokerId) => brokerNode({ name: `broker-${brokerId}`, brokerId, voters, config, control })),
      clientNode('client', options.otherClients),
      adminNode({ name: 'admin', bootstrapServers: this.brokerIds, bootstrapControllers: voters }),
    ];
    const runner = engine(options.engine ?? 'compiled');
    this.network = new ConnectionNetwork({ seed, nodeNames: nodes.map(({ name }) => name) });
    this.world = new World({
      seed,
      nodes,
      programs: Object.fromEntries(Object.entries({ ...BROKER_SIDE_MACHINES, client: clientMachine }).map(([name, machine]) => [name, runner.load(machine)])),
      transport: this.network,
      monitor: options.monitor === undefined ? this.invariants : new Monitors([this.invariants, options.monitor.monitor]),
      monitored: ['replica', ...(options.monitor?.monitored ?? [])],
      ...(options.tracer === undefined ? {} : { tracer: options.tracer }),
    });
    nodes.forEach((_, index) => this.world.start(index));
    const wanted: ProvisioningDue = {
      brokers,
      topics: [{ name: TOPIC, numPartitions: partitions, replicationFactor, assignments: [], configs: [{ name: 'min.insync.replicas', value: String(minInsyncReplicas) }] }],
    };
    const admin = this.client + 1;
    this.world.stimulate(admin, this.slotOf(admin, ADMIN_MACHINE), 'admin.provision', wanted);
  }

  // --- time ----------------------------------------------------------------------------------------------------------

  get nowMs(): number {
    return this.world.nowUs / US_PER_MS;
  }

  run(forMs: number): void {
    this.world.runUntil(this.world.nowUs + forMs * US_PER_MS);
  }

  /** Runs event by event until `isTrue`; how long it took, ms. Throws when it does not come true within `withinMs`. */
  until(what: string, withinMs: number, isTrue: () => boolean): number {
    const fromMs = this.nowMs;
    while (!isTrue()) {
      assert(this.world.nextAtUs <= (fromMs + withinMs) * US_PER_MS, () => `${what} within ${withinMs} ms of ${fromMs} ms: ${this.describe()}`);
      this.world.step();
    }
    return this.nowMs - fromMs;
  }

  /** The state in which a healthy cluster rests: everybody in every ISR, everything committed and known to be. */
  isSettled(): boolean {
    return this.partitions().every((partition) => {
      const registration = this.committed(partition);
      if (registration === undefined || registration.isr.length < registration.replicas.length) return false;
      const end = this.replica(registration.leader, partition)?.log.logEndOffset;
      return registration.replicas.every((id) => {
        const replica = this.replica(id, partition);
        const agrees = replica?.leaderEpoch === registration.leaderEpoch && replica.partitionEpoch === registration.partitionEpoch;
        return agrees && replica.log.logEndOffset === end && replica.highWatermark === end;
      });
    });
  }

  settle(withinMs = 30_000): number {
    return this.until('the cluster settles', withinMs, () => this.isSettled());
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  partitions(): number[] {
    return Array.from({ length: this.partitionCount }, (_, partition) => partition);
  }

  /** The context state of a machine, undefined while it does not run. */
  state<State>(node: number, machine: string): State | undefined {
    return (this.world.contextOf(node, machine) as Reduced<State> | undefined)?.state;
  }

  replica(broker: number, partition = 0): ReplicaState | undefined {
    return broker === NO_LEADER ? undefined : this.state<ReplicaState>(broker, `${TOPIC}-${partition}`);
  }

  leadership(broker: number, partition = 0): Leadership {
    return present(this.replica(broker, partition)?.leadership ?? undefined, `leadership of broker ${broker}: ${this.describe()}`);
  }

  controller(): ControllerState {
    return present(this.state<ControllerState>(CONTROLLER, CONTROLLER_MACHINE), 'controller');
  }

  /** What the controller has committed of a partition; undefined while it is down or the topic does not exist. */
  committed(partition = 0): PartitionRegistration | undefined {
    return this.state<ControllerState>(CONTROLLER, CONTROLLER_MACHINE)?.committedImage.partition(TOPIC, partition);
  }

  /** The committed leader, -1 for none. */
  leader(partition = 0): number {
    return this.committed(partition)?.leader ?? NO_LEADER;
  }

  /** Has the committed leader taken up its office? */
  leads(partition = 0): boolean {
    return (this.replica(this.leader(partition), partition)?.leadership ?? null) !== null;
  }

  followers(partition = 0): number[] {
    const registration = present(this.committed(partition), 'partition');
    return registration.replicas.filter((id) => id !== registration.leader);
  }

  lifecycle(broker: number): BrokerState {
    return present(this.state<BrokerState>(broker, BROKER_MACHINES.broker), 'broker machine');
  }

  /** The values in a replica's log, in offset order. */
  values(broker: number, partition = 0): (string | null)[] {
    const log = present(this.replica(broker, partition), 'replica').log;
    return [...log.batches()].flatMap(({ records }) => records.map(({ value }) => value));
  }

  marked(label: string): number {
    return this.world.marksReached().get(label) ?? 0;
  }

  describe(): string {
    const lines = this.partitions().flatMap((partition) => {
      const at = this.brokerIds.map((id) => {
        const replica = this.replica(id, partition);
        if (replica === undefined) return `    ${id}: ${this.world.isUp(id) ? 'up' : 'down'}`;
        const { log, highWatermark, leaderEpoch, leaderId, partitionEpoch, leadership } = replica;
        const leads = leadership === null ? `follows ${leaderId}` : `leads isr [${leadership.isr.join()}] maximal [${leadership.maximalIsr.join()}]${leadership.pending === null ? '' : ' pending'}`;
        return `    ${id}: epoch ${leaderEpoch}/${partitionEpoch} ${leads} log ${log.logStartOffset}..${log.logEndOffset} hw ${highWatermark}`;
      });
      return [`  ${TOPIC}-${partition}: ${JSON.stringify(this.committed(partition))}`, ...at];
    });
    return `at ${this.nowMs} ms\n${lines.join('\n')}`;
  }

  // --- acting --------------------------------------------------------------------------------------------------------

  /** Sends a request from the client; its correlation id. */
  send(to: number, request: { readonly type: string } & Omit<ToSend['message'], 'correlationId'>, client = CLIENT_MACHINE): number {
    this.sent += 1;
    const data = { to, message: { ...request, correlationId: this.sent } as ToSend['message'] } satisfies ToSend;
    this.world.stimulate(this.client, this.slotOf(this.client, client), 'client.send', data);
    return this.sent;
  }

  /** Produces one record of `value` to the broker `to`; its correlation id. */
  produce(to: number, value: string, acks: -1 | 0 | 1 = -1, partition = 0, timeoutMs = 30_000): number {
    const records = batchOf([{ key: null, value, timestampMs: 0 }]);
    return this.send(to, { type: 'ProduceRequest', acks, timeoutMs, topicData: [{ name: TOPIC, partitionData: [{ index: partition, records }] }] } as never);
  }

  /** Sends a record to the leader with acks=all, again and again, until one of the attempts is answered NONE. */
  produceUntilCommitted(value: string, partition: number, withinMs: number): void {
    const attempts: number[] = [];
    let nextMs = this.nowMs;
    this.until(`${value} is committed in ${TOPIC}-${partition}`, withinMs, () => {
      if (this.nowMs >= nextMs && this.leader(partition) !== -1) {
        attempts.push(this.produce(this.leader(partition), value, -1, partition));
        nextMs = this.nowMs + 500;
      }
      return attempts.some((attempt) => this.produced(attempt) === 'NONE');
    });
  }

  clientState(client = CLIENT_MACHINE): ClientState {
    return present(this.state<ClientState>(this.client, client), 'client');
  }

  /** The error with which a ProduceRequest of one partition was answered, undefined while it was not. */
  produced(correlationId: number): string | undefined {
    const answer = this.clientState().answers.find((each) => each.correlationId === correlationId) as ProduceResponse | undefined;
    return answer?.responses[0]?.partitionResponses[0]?.errorCode;
  }

  /** Cuts every link between the two groups, both ways, under `id`. */
  cut(id: string, some: readonly number[], others: readonly number[]): void {
    this.network.addRule(this.world, { id, links: bothWays(some, others), effect: { kind: 'cut' } });
  }

  mend(id: string): void {
    this.network.removeRule(this.world, id);
  }

  /** Ends every fault and starts whatever is down. */
  heal(): void {
    this.network.heal(this.world);
    for (let node = 0; node < this.world.nodeCount; node += 1) {
      this.world.setDiskCondition(node, { flushFails: false, full: false, slowFactor: 1 });
      this.world.resume(node);
      this.world.start(node);
    }
  }

  private slotOf(node: number, machine: string): number {
    return this.world.node(node).slotOf(machine);
  }
}
