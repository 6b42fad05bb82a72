/**
 * The administrator against brokers and controllers that do as the test says, in a real world: kernel, connections and
 * timers are the shipped ones. Node indexes: brokers 0 and 1, controllers 2 to 4, the administrator 5.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adminMachine } from '../../src/actors/admin/machine.ts';
import { ADMIN_MACHINE, adminNode } from '../../src/actors/admin/node.ts';
import { topicsExist, type AdminState, type CallDue, type ProvisioningDue } from '../../src/actors/admin/state.ts';
import type { AdminCompleted, AdminInvoked } from '../../src/history/observations.ts';
import type { AdminCall, AdminRequest, AdminResponse, CreateTopicsRequest, MetadataRequest, MetadataResponse } from '../../src/kafka/api.ts';
import type { ErrorName } from '../../src/kafka/errors.ts';
import type { Effect, Message, ReplyTo } from '../../src/kernel/effects.ts';
import type { Monitor } from '../../src/kernel/outside.ts';
import type { NodeSpec } from '../../src/kernel/process.ts';
import type { EngineName, EventObject } from '../../src/kernel/statechart/engine.ts';
import { engine } from '../../src/kernel/statechart/engines.ts';
import { scriptedMachine } from '../../src/kernel/statechart/scripted.ts';
import { World } from '../../src/kernel/world.ts';
import { ConnectionNetwork } from '../../src/network/connection-network.ts';

const BROKERS = [0, 1];
const CONTROLLERS = [2, 3, 4];
const ADMIN = 5;
const GPS: ProvisioningDue = { brokers: 2, topics: [{ name: 'gps', numPartitions: 2, replicationFactor: 2, assignments: [], configs: [] }] };

/** What a controller does with one request. `done` carries it out and says so, `lost` and `silent` carry it out and do not. */
type Move = 'done' | 'refused' | 'notController' | 'lost' | 'silent';

interface Arrived extends EventObject {
  readonly message: AdminRequest | MetadataRequest;
  readonly replyTo: ReplyTo;
}

/** What was carried out, in order, whoever was asked. */
class Book {
  readonly done: AdminRequest[] = [];
  /** Counts the controllers' requests. */
  asked = 0;
}

function answerTo({ message }: Arrived, errorCode: ErrorName): AdminResponse {
  const { correlationId } = message;
  const errorMessage = null;
  switch (message.type) {
    case 'CreateTopicsRequest':
      return { type: 'CreateTopicsResponse', correlationId, topics: message.topics.map(({ name }) => ({ name, topicId: '', errorCode, errorMessage, numPartitions: -1, replicationFactor: -1 })) };
    case 'CreatePartitionsRequest':
      return { type: 'CreatePartitionsResponse', correlationId, results: message.topics.map(({ name }) => ({ name, errorCode, errorMessage })) };
    default:
      throw new Error(`no script for ${message.type}`);
  }
}

function controller(book: Book, moveOf: (n: number, request: AdminRequest) => Move): Parameters<typeof scriptedMachine<null>>[1] {
  return {
    start: () => ({ state: null, effects: [] }),
    act: (state, event) => {
      const arrived = event as Arrived;
      const request = arrived.message as AdminRequest;
      const move = moveOf(book.asked, request);
      book.asked += 1;
      if (move === 'done' || move === 'lost' || move === 'silent') book.done.push(request);
      const reply = (errorCode: ErrorName): Effect[] => [{ kind: 'reply', to: arrived.replyTo, message: answerTo(arrived, errorCode) }];
      const effects: Record<Move, () => Effect[]> = {
        done: () => reply('NONE'), refused: () => reply('INVALID_REQUEST'), notController: () => reply('NOT_CONTROLLER'), lost: () => [{ kind: 'hangUp', to: arrived.replyTo }], silent: () => [],
      };
      return { state, effects: effects[move]() };
    },
  };
}

/** A broker that knows of both brokers, and of no topic. */
const broker: Parameters<typeof scriptedMachine<null>>[1] = {
  start: () => ({ state: null, effects: [] }),
  act: (state, event) => {
    const { message, replyTo } = event as Arrived;
    if (message.type !== 'MetadataRequest') throw new Error(`no script for ${message.type}`);
    const answer: MetadataResponse = { type: 'MetadataResponse', correlationId: message.correlationId, brokers: BROKERS.map((nodeId) => ({ nodeId })), controllerId: -1, topics: [] };
    return { state, effects: [{ kind: 'reply', to: replyTo, message: answer }] };
  },
};

class Observations implements Monitor {
  readonly seen: { readonly atMs: number; readonly observation: AdminInvoked | AdminCompleted }[] = [];
  stepped(): void {}
  lifecycle(): void {}
  observed(world: World, _node: number, observation: Message): void {
    this.seen.push({ atMs: world.nowUs / 1_000, observation: observation as AdminInvoked | AdminCompleted });
  }
  fork(): Observations {
    return new Observations();
  }
}

interface Scene {
  readonly world: World;
  readonly book: Book;
  readonly seen: Observations['seen'];
  readonly completed: () => AdminCompleted[];
}

function scene(moveOf: (n: number, request: AdminRequest) => Move, name: EngineName = 'compiled', down: readonly number[] = []): Scene {
  const book = new Book();
  const observations = new Observations();
  const server = (nodeName: string, machine: string): NodeSpec => ({ name: nodeName, server: 'main', boot: () => [{ name: 'main', machine, input: null }] });
  const nodes = [
    ...BROKERS.map((id) => server(`broker-${id}`, 'broker')), ...CONTROLLERS.map((id) => server(`controller-${id}`, 'controller')),
    adminNode({ name: 'admin-1', bootstrapServers: BROKERS, bootstrapControllers: CONTROLLERS }),
  ];
  const chosen = engine(name);
  const programs = { admin: chosen.load(adminMachine), broker: chosen.load(scriptedMachine('broker', broker)), controller: chosen.load(scriptedMachine('controller', controller(book, moveOf))) };
  const world = new World({ seed: 'admin', nodes, programs, transport: new ConnectionNetwork({ seed: 'admin', nodeNames: nodes.map((each) => each.name) }), monitor: observations });
  nodes.forEach((_, node) => (down.includes(node) ? undefined : world.start(node)));
  const completed = (): AdminCompleted[] => observations.seen.flatMap(({ observation }) => (observation.type === 'admin.completed' ? [observation] : []));
  return { world, book, seen: observations.seen, completed };
}

const provision = ({ world }: Scene): void => world.stimulate(ADMIN, 0, 'admin.provision', GPS);
const call = ({ world }: Scene, operationId: number, count = operationId + 3): void => {
  const wanted: AdminCall = { type: 'CreatePartitionsRequest', topics: [{ name: 'gps', count }] };
  world.stimulate(ADMIN, 0, 'admin.call', { operationId, call: wanted } satisfies CallDue);
};
const isProvisioned = ({ world }: Scene): boolean => topicsExist((world.contextOf(ADMIN, ADMIN_MACHINE) as { readonly state: AdminState }).state);

describe('an administrator', () => {
  it('creates the topics of the run although the first controllers are down or not active', () => {
    const stage = scene((n) => (n === 0 ? 'notController' : 'done'), 'compiled', [2]);
    provision(stage);
    stage.world.runUntil(5_000_000);
    expect(isProvisioned(stage)).toBe(true);
    expect(stage.book.done.map((request) => (request as CreateTopicsRequest).topics)).toEqual([GPS.topics]);
  });

  it('goes on asking for the topics while no controller is up, and has them soon after one is', () => {
    const stage = scene(() => 'done', 'compiled', CONTROLLERS);
    provision(stage);
    stage.world.runUntil(300_000_000);
    expect(isProvisioned(stage)).toBe(false);
    stage.world.start(3);
    stage.world.runUntil(305_000_000);
    expect(isProvisioned(stage)).toBe(true);
  });

  it('that dies forgets what it was about to do, and can be asked for the topics again', () => {
    const stage = scene(() => 'silent');
    provision(stage);
    call(stage, 0);
    stage.world.runUntil(1_000_000);
    stage.world.crash(ADMIN, 'test');
    stage.world.start(ADMIN);
    stage.world.runUntil(200_000_000);
    expect(stage.completed()).toEqual([]);
    provision(stage);
    stage.world.runUntil(201_000_000);
    expect(stage.book.done).toHaveLength(2);
  });

  it('runs alike by every engine', () => {
    const digestBy = (name: EngineName): string => {
      const moves: readonly Move[] = ['notController', 'lost', 'done', 'silent', 'refused', 'done'];
      const stage = scene((n) => moves[n % moves.length] as Move, name);
      provision(stage);
      for (let id = 0; id < 5; id += 1) call(stage, id);
      stage.world.runUntil(400_000_000);
      expect(stage.completed()).toHaveLength(6);
      return stage.world.digest.toString();
    };
    expect(digestBy('interpreter')).toBe(digestBy('compiled'));
    expect(digestBy('live')).toBe(digestBy('compiled'));
  });

  it('ends its operations one after the other, each in time, and never says of one that it was or was not carried out when the opposite is true', () => {
    const moves = fc.array(fc.constantFrom<Move>('done', 'refused', 'notController', 'lost', 'silent'), { minLength: 1, maxLength: 12 });
    const seen = { ok: 0, fail: 0, unknown: 0 };
    fc.assert(fc.property(moves, fc.subarray([2, 3, 4], { maxLength: 2 }), (script, down) => {
      const stage = scene((n) => script[n % script.length] as Move, 'compiled', down);
      for (let id = 0; id < 4; id += 1) call(stage, id);
      stage.world.runUntil(250_000_000);
      expect(stage.seen.map(({ observation: { type, operationId } }) => `${type} ${operationId}`)).toEqual([0, 1, 2, 3].flatMap((id) => [`admin.invoked ${id}`, `admin.completed ${id}`]));
      for (let id = 0; id < 4; id += 1) {
        const [invoked, ended] = stage.seen.slice(2 * id) as [Scene['seen'][number], Scene['seen'][number]];
        expect(ended.atMs - invoked.atMs).toBeLessThanOrEqual(60_001);
        const { outcome } = ended.observation as AdminCompleted;
        const times = stage.book.done.filter((request) => request.type === 'CreatePartitionsRequest' && request.topics[0]?.count === id + 3).length;
        if (outcome === 'ok') expect(times).toBeGreaterThan(0);
        if (outcome === 'fail') expect(times).toBe(0);
        seen[outcome] += 1;
      }
    }), { numRuns: 60 });
    expect(Math.min(seen.ok, seen.fail, seen.unknown)).toBeGreaterThan(0);
  });
});
