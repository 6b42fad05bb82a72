/** The broker's standing with the controller, message by message (BrokerLifecycleManager). */
import { describe, expect, it } from 'vitest';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationResponse } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { Received, Stimulus, type Effect } from '../../kernel/effects.ts';
import type { EventObject, MachineState } from '../../kernel/statechart/engine.ts';
import { compiledEngine } from '../../kernel/statechart/engines.ts';
import type { Reduced } from '../reduction.ts';
import type { BrokerState } from './lifecycle.ts';
import { brokerMachine } from './machine.ts';

const program = compiledEngine.load(brokerMachine);

class Broker {
  effects: Effect[] = [];
  private machine: MachineState = program.start({ brokerId: 1, incarnationId: 'i', marker: { brokerEpoch: 3 }, rules: KAFKA_RULES, config: defaultConfig('broker') }, this);

  /** Knows the active controller, and has asked it. */
  static asking(): Broker { return new Broker().controller(0).next(); }

  emit(event: EventObject): void { this.effects.push(...(event as unknown as { effects: Effect[] }).effects); }
  schedule(): void {}
  cancel(): void {}

  on(event: object): this {
    this.effects = [];
    this.machine = program.step(this.machine, event as EventObject, this);
    return this;
  }

  get at(): string { return program.describe(this.machine); }
  get state(): BrokerState { return (this.machine.context as Reduced<BrokerState>).state; }
  get sent(): unknown { return this.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []))[0]; }
  /** When the next request is due, undefined when none is. */
  get nextMs(): number | undefined { return this.effects.flatMap((effect) => (effect.kind === 'schedule' && effect.key === 'next' ? [effect.delayMs] : []))[0]; }

  registered(errorCode: ErrorName = 'NONE', brokerEpoch = 7, correlationId = this.state.lastCorrelationId): this {
    return this.on(new Received<BrokerRegistrationResponse>({ type: 'BrokerRegistrationResponse', correlationId, errorCode, brokerEpoch }, 0, 0, 0, -1));
  }

  heard(isFenced: boolean, errorCode: ErrorName = 'NONE', correlationId = this.state.lastCorrelationId, shouldShutDown = false): this {
    return this.on(new Received<BrokerHeartbeatResponse>({ type: 'BrokerHeartbeatResponse', correlationId, errorCode, isCaughtUp: true, isFenced, shouldShutDown }, 0, 0, 0, -1));
  }

  applied(offset: number, isPublished: boolean): this { return this.on({ type: 'metadata.applied', offset, isPublished }); }
  controller(leaderId: number): this { return this.on({ type: 'raft.leaderChanged', epoch: 1, leaderId }); }
  stop(): this { return this.on(new Stimulus('process.stop', 0, 0, undefined)); }
  next(): this { return this.on(new Stimulus('timer.next', 0, 0, undefined)); }
  lose(): this { return this.on(new Stimulus('connection.lost', 0, 0, { peer: 0, reason: 'reset' })); }
}

describe('a broker that registers', () => {
  it('waits for a controller to be known, and looks again soon', () => {
    const broker = new Broker();
    expect([broker.sent, broker.nextMs]).toEqual([undefined, 100]);
    expect([broker.next().sent, broker.nextMs]).toEqual([undefined, 100]);
    expect(broker.controller(5).next().effects[0]).toMatchObject({ kind: 'send', to: 5, message: { type: 'BrokerRegistrationRequest' } });
  });

  it('says how its last life ended, and tells its machines of the epoch it is given', () => {
    const broker = Broker.asking();
    expect(broker.sent).toEqual({ type: 'BrokerRegistrationRequest', correlationId: 1, brokerId: 1, incarnationId: 'i', previousBrokerEpoch: 3 });
    broker.registered();
    expect(broker.effects).toContainEqual({ kind: 'tell', to: 'metadata', event: { type: 'broker.registered', nowMs: 0, brokerEpoch: 7 } });
    expect(broker.effects).toContainEqual({ kind: 'tell', to: 'alter-partition', event: { type: 'broker.registered', nowMs: 0, brokerEpoch: 7 } });
    expect([broker.at, (broker.sent as BrokerHeartbeatRequest).brokerEpoch]).toEqual(['Recovery', 7]);
  });

  it('and is refused tries again, more and more rarely, up to half a session', () => {
    const broker = Broker.asking();
    const delays = Array.from({ length: 8 }, () => {
      const delayMs = broker.registered('DUPLICATE_BROKER_REGISTRATION').nextMs;
      broker.next();
      expect(broker.sent).toMatchObject({ type: 'BrokerRegistrationRequest' });
      return delayMs;
    });
    expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 4_500, 4_500]);
    expect(broker.registered().at).toBe('Recovery');
    expect(broker.state.failures).toBe(0);
  });

  it('takes the answer to its last request only', () => {
    const broker = Broker.asking();
    expect([broker.registered('NONE', 7, 0).at, broker.effects]).toEqual(['Starting', []]);
  });
});

describe('a broker that is registered', () => {
  it('wants to stay fenced until it acts on its view, then says how far that goes', () => {
    const broker = Broker.asking().registered();
    expect(broker.sent).toMatchObject({ type: 'BrokerHeartbeatRequest', currentMetadataOffset: -1, wantFence: true });
    broker.applied(5, false).heard(true).next();
    expect(broker.sent).toMatchObject({ currentMetadataOffset: 5, wantFence: true });
    broker.applied(9, true).heard(true).next();
    expect(broker.sent).toMatchObject({ currentMetadataOffset: 9, wantFence: false });
  });

  it('asks often while it is fenced, then every broker.heartbeat.interval.ms', () => {
    const broker = Broker.asking().registered().applied(9, true);
    expect([broker.heard(true).nextMs, broker.at]).toEqual([100, 'Recovery']);
    expect([broker.next().heard(false).nextMs, broker.at]).toEqual([2_000, 'Running']);
  });

  it('that was cut off and is fenced goes on serving, and asks to be unfenced', () => {
    const broker = Broker.asking().registered().applied(9, true).heard(false).next();
    expect([broker.heard(true).nextMs, broker.at]).toEqual([100, 'Running']);
    expect(broker.next().sent).toMatchObject({ wantFence: false });
  });

  it('whose heartbeat is refused asks again more and more rarely', () => {
    const broker = Broker.asking().registered().applied(9, true);
    expect([1, 2, 3].map(() => broker.heard(true, 'STALE_BROKER_EPOCH').next() && broker.state.failures)).toEqual([1, 2, 3]);
    expect(broker.at).toBe('Recovery');
  });

  it.each([['loses its connection', (broker: Broker) => broker.lose()], ['is not answered within half a session', (broker: Broker) => broker.on(new Stimulus('timer.noAnswer', 0, 0, undefined))]])('that %s asks again after a back-off', (_, fail) => {
    const broker = Broker.asking().registered().applied(9, true).heard(false).next();
    expect(fail(broker).nextMs).toBe(100);
    expect(broker.next().sent).toMatchObject({ type: 'BrokerHeartbeatRequest' });
    expect(fail(broker).nextMs).toBe(200);
  });

  it('does not wait for an answer for ever: it disconnects, so that a late one cannot come', () => {
    const broker = Broker.asking().registered();
    expect(broker.effects).toContainEqual({ kind: 'schedule', key: 'answer', delayMs: 4_500, type: 'timer.noAnswer' });
    expect(broker.on(new Stimulus('timer.noAnswer', 0, 0, undefined)).effects[0]).toEqual({ kind: 'disconnect', to: 0 });
  });
});

describe('another controller', () => {
  it('gets the next request; whoever was asked last may still answer', () => {
    const broker = Broker.asking().registered().applied(9, true).heard(false).next();
    broker.controller(4);
    expect(broker.heard(false).nextMs).toBe(2_000);
    expect(broker.next().effects[0]).toMatchObject({ kind: 'send', to: 4 });
  });

  it('is looked for when the one that was asked says NOT_CONTROLLER', () => {
    const broker = Broker.asking().registered().applied(9, true).heard(false).next();
    expect(broker.heard(true, 'NOT_CONTROLLER').nextMs).toBe(100);
    expect(broker.controller(-1).next().sent).toBe(undefined);
    expect(broker.controller(4).next().effects[0]).toMatchObject({ kind: 'send', to: 4 });
  });
});

describe('a broker that is asked to stop', () => {
  it('asks the controller first, goes on serving until it may go, and then closes its logs', () => {
    const broker = Broker.asking().registered().applied(9, true).heard(false).stop();
    expect([broker.at, broker.sent]).toMatchObject(['PendingControlledShutdown', { type: 'BrokerHeartbeatRequest', wantShutDown: true }]);
    expect([broker.heard(false).nextMs, broker.at]).toEqual([100, 'PendingControlledShutdown']);
    expect(broker.next().sent).toMatchObject({ wantShutDown: true });
    expect(broker.heard(true, 'NONE', undefined, true).at).toBe('ShuttingDown');
    expect(broker.effects).toContainEqual({ kind: 'tell', to: 'metadata', event: { type: 'broker.closing', nowMs: 0 } });
  });

  it('and is not unfenced yet closes at once: nobody relies on it', () => {
    expect(Broker.asking().stop().at).toBe('ShuttingDown');
    expect(Broker.asking().registered().stop().at).toBe('ShuttingDown');
  });

  it('does so once', () => {
    const broker = Broker.asking().registered().applied(9, true).heard(false).stop().stop();
    expect([broker.at, broker.effects]).toEqual(['PendingControlledShutdown', []]);
  });
});
