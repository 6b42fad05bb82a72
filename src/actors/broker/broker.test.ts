/** The broker's standing with the controller, message by message (BrokerLifecycleManager). */
import { describe, expect, it } from 'vitest';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationResponse } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { Received, Stimulus, type Effect } from '../../kernel/effects.ts';
import type { EventObject, MachineState } from '../../kernel/statechart/engine.ts';
import { compiledEngine } from '../../kernel/statechart/engines.ts';
import type { Reduced } from '../reduction.ts';
import type { BrokerState } from './lifecycle.ts';
import { brokerMachine } from './machine.ts';

const program = compiledEngine.load(brokerMachine);

class Broker {
  effects: Effect[] = [];
  private machine: MachineState = program.start({ brokerId: 1, controllerId: 0, incarnationId: 'i', config: defaultConfig('broker') }, this);

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

  heard(isFenced: boolean, errorCode: ErrorName = 'NONE', correlationId = this.state.lastCorrelationId): this {
    return this.on(new Received<BrokerHeartbeatResponse>({ type: 'BrokerHeartbeatResponse', correlationId, errorCode, isCaughtUp: true, isFenced, shouldShutDown: false }, 0, 0, 0, -1));
  }

  applied(offset: number, isPublished: boolean): this { return this.on({ type: 'metadata.applied', offset, isPublished }); }
  next(): this { return this.on(new Stimulus('timer.next', 0, 0, undefined)); }
  lose(): this { return this.on(new Stimulus('connection.lost', 0, 0, { peer: 0, reason: 'reset' })); }
}

describe('a broker that registers', () => {
  it('does so at once, and tells its machines of the epoch it is given', () => {
    const broker = new Broker();
    expect(broker.sent).toEqual({ type: 'BrokerRegistrationRequest', correlationId: 1, brokerId: 1, incarnationId: 'i' });
    broker.registered();
    expect(broker.effects).toContainEqual({ kind: 'tell', to: 'metadata', event: { type: 'broker.registered', brokerEpoch: 7 } });
    expect(broker.effects).toContainEqual({ kind: 'tell', to: 'alter-partition', event: { type: 'broker.registered', brokerEpoch: 7 } });
    expect([broker.at, (broker.sent as BrokerHeartbeatRequest).brokerEpoch]).toEqual(['Recovery', 7]);
  });

  it('and is refused tries again, more and more rarely, up to half a session', () => {
    const broker = new Broker();
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
    const broker = new Broker();
    expect([broker.registered('NONE', 7, 0).at, broker.effects]).toEqual(['Starting', []]);
  });
});

describe('a broker that is registered', () => {
  it('wants to stay fenced until it acts on its view, then says how far that goes', () => {
    const broker = new Broker().registered();
    expect(broker.sent).toMatchObject({ type: 'BrokerHeartbeatRequest', currentMetadataOffset: -1, wantFence: true });
    broker.applied(5, false).heard(true).next();
    expect(broker.sent).toMatchObject({ currentMetadataOffset: 5, wantFence: true });
    broker.applied(9, true).heard(true).next();
    expect(broker.sent).toMatchObject({ currentMetadataOffset: 9, wantFence: false });
  });

  it('asks often while it is fenced, then every broker.heartbeat.interval.ms', () => {
    const broker = new Broker().registered().applied(9, true);
    expect([broker.heard(true).nextMs, broker.at]).toEqual([100, 'Recovery']);
    expect([broker.next().heard(false).nextMs, broker.at]).toEqual([2_000, 'Running']);
  });

  it('that was cut off and is fenced goes on serving, and asks to be unfenced', () => {
    const broker = new Broker().registered().applied(9, true).heard(false).next();
    expect([broker.heard(true).nextMs, broker.at]).toEqual([100, 'Running']);
    expect(broker.next().sent).toMatchObject({ wantFence: false });
  });

  it('whose heartbeat is refused asks again more and more rarely', () => {
    const broker = new Broker().registered().applied(9, true);
    expect([1, 2, 3].map(() => broker.heard(true, 'STALE_BROKER_EPOCH').next() && broker.state.failures)).toEqual([1, 2, 3]);
    expect(broker.at).toBe('Recovery');
  });

  it.each([['loses its connection', (broker: Broker) => broker.lose()], ['is not answered within half a session', (broker: Broker) => broker.on(new Stimulus('timer.noAnswer', 0, 0, undefined))]])('that %s asks again after a back-off', (_, fail) => {
    const broker = new Broker().registered().applied(9, true).heard(false).next();
    expect(fail(broker).nextMs).toBe(100);
    expect(broker.next().sent).toMatchObject({ type: 'BrokerHeartbeatRequest' });
    expect(fail(broker).nextMs).toBe(200);
  });

  it('does not wait for an answer for ever: it disconnects, so that a late one cannot come', () => {
    const broker = new Broker().registered();
    expect(broker.effects).toContainEqual({ kind: 'schedule', key: 'answer', delayMs: 4_500, type: 'timer.noAnswer' });
    expect(broker.on(new Stimulus('timer.noAnswer', 0, 0, undefined)).effects[0]).toEqual({ kind: 'disconnect', to: 0 });
  });
});
