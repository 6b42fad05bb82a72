/**
 * A producer without a world, for tests: its reducers are driven event by event, and what it asks for is kept. Its topic is
 * `gps`, the brokers are 1 and 2, and every answer comes at the time that the test says.
 */
import { assert, present } from '../../kernel/assert.ts';
import { Received, Stimulus, type ConnectionLost, type Effect } from '../../kernel/effects.ts';
import type { SendCompleted } from '../../history/observations.ts';
import type { ApiRequest, InitProducerIdRequest, InitProducerIdResponse, MetadataRequest, MetadataResponse, ProduceRequest, ProduceResponse } from '../../kafka/api.ts';
import { parseConfig } from '../../kafka/config.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { KAFKA_RULES, type Rules } from '../../kafka/rules.ts';
import { connectionOf } from '../client/network-client.ts';
import type { Reduced } from '../reduction.ts';
import { connectionLost, processMetadata, processProduceResponse, processProducerId, timerFired } from './events.ts';
import { appendSend } from './send.ts';
import { startProducer } from './start.ts';
import { isEmpty, type ProducerState, type SendCall } from './state.ts';

/** A producer and everything it asked for, driven event by event. */
export class Driven {
  state: ProducerState;
  readonly effects: Effect[] = [];
  private draw = 0;
  /** As the last metadata said; whoever is connected to says so again at once, unless a test holds that back. */
  private known: { readonly leaders: readonly number[]; readonly leaderEpoch: number } | undefined;
  isGreeted = true;

  /** Without idempotence, unless `config` says otherwise. */
  constructor(config: Readonly<Record<string, unknown>>, leaders: readonly number[], rules: Partial<Rules> = {}) {
    const parsed = parseConfig('producer', { 'linger.ms': 0, 'enable.idempotence': false, ...config });
    const started = startProducer({ bootstrapServers: [1], config: parsed.config, rules: { ...KAFKA_RULES, ...rules }, topics: ['gps'], nowMs: 0, draw: 1, incarnation: 1 });
    this.state = started.state;
    this.effects.push(...started.effects);
    this.leaders(leaders);
  }

  private reduce<Event>(reducer: (state: ProducerState, event: Event) => Reduced<ProducerState>, event: Event): void {
    const { state, effects } = reducer(this.state, event);
    this.state = state;
    this.effects.push(...effects);
    const { nowMs } = event as { readonly nowMs: number };
    for (const effect of effects) if (this.isGreeted && this.begins(effect)) this.greet(effect, nowMs);
    const places = state.queues.flatMap((queue, at) => (isEmpty(queue) ? [] : [at]));
    assert(String(state.waiting) === String(places), () => `batches wait in ${places}, not in ${state.waiting}`);
  }

  private entropy(): number {
    this.draw += 1;
    return Math.imul(this.draw, 0x9e3779b1) >>> 0;
  }

  /** A request that begins a connection, once there was metadata. */
  private begins(effect: Effect): effect is Effect & { readonly kind: 'send'; readonly to: number } {
    return this.known !== undefined && effect.kind === 'send' && effect.message.type === 'MetadataRequest' && connectionOf(this.state, effect.to)?.status === 'connecting';
  }

  private greet({ to, message }: Effect & { readonly kind: 'send'; readonly to: number }, nowMs: number): void {
    const { leaders, leaderEpoch } = present(this.known, 'metadata');
    this.tellLeaders({ to, correlationId: (message as MetadataRequest).correlationId }, leaders, nowMs, leaderEpoch);
  }

  /** Answers the last MetadataRequest. */
  leaders(leaders: readonly number[], nowMs = 0, leaderEpoch = 1): void {
    this.known = { leaders, leaderEpoch };
    const asked = this.sent<MetadataRequest>('MetadataRequest').at(-1);
    this.tellLeaders({ to: asked?.to ?? 1, correlationId: asked?.message.correlationId ?? -1 }, leaders, nowMs, leaderEpoch);
  }

  private tellLeaders(asked: { readonly to: number; readonly correlationId: number }, leaders: readonly number[], nowMs: number, leaderEpoch: number): void {
    const message: MetadataResponse = {
      type: 'MetadataResponse', correlationId: asked.correlationId, brokers: [{ nodeId: 1 }, { nodeId: 2 }], controllerId: 1,
      topics: [{
        errorCode: 'NONE', name: 'gps',
        partitions: leaders.map((leaderId, partitionIndex) => ({
          errorCode: leaderId === -1 ? 'LEADER_NOT_AVAILABLE' : 'NONE', partitionIndex, leaderId, leaderEpoch, replicaNodes: [], isrNodes: [], offlineReplicas: [],
        })),
      }],
    };
    this.reduce(processMetadata, new Received(message, nowMs, this.entropy(), asked.to, -1));
  }

  send(sendId: number, fields: Partial<SendCall> = {}, nowMs = 0): void {
    const call: SendCall = { sendId, topic: 'gps', key: null, value: `v${sendId}`, partition: null, ...fields };
    this.reduce(appendSend, new Stimulus('app.send', nowMs, this.entropy(), call));
  }

  /** Answers the last InitProducerIdRequest. */
  producerId(producerId: number, errorCode: ErrorName = 'NONE', nowMs = 0): void {
    const asked = this.sent<InitProducerIdRequest>('InitProducerIdRequest').at(-1);
    const message: InitProducerIdResponse = { type: 'InitProducerIdResponse', correlationId: asked?.message.correlationId ?? -1, errorCode, producerId, producerEpoch: 0 };
    this.reduce(processProducerId, new Received(message, nowMs, this.entropy(), asked?.to ?? 1, -1));
  }

  answer(request: { readonly to: number; readonly message: ProduceRequest }, errorCode: ErrorName, nowMs = 1, baseOffset = 40): void {
    const message: ProduceResponse = {
      type: 'ProduceResponse', correlationId: request.message.correlationId,
      responses: request.message.topicData.map(({ name, partitionData }) => ({
        name, partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: errorCode === 'NONE' ? baseOffset : -1, logStartOffset: 0 })),
      })),
    };
    this.reduce(processProduceResponse, new Received(message, nowMs, this.entropy(), request.to, -1));
  }

  lose(lost: ConnectionLost, nowMs = 1): void {
    this.reduce(connectionLost, new Stimulus('connection.lost', nowMs, this.entropy(), lost));
  }

  fire(timer: 'wakeup' | 'timeout', nowMs: number): void {
    this.reduce(timerFired, new Stimulus(timer, nowMs, this.entropy(), undefined));
  }

  sent<Request extends ApiRequest>(type: Request['type']): { readonly to: number; readonly message: Request }[] {
    return this.effects.flatMap((effect) => (effect.kind === 'send' && effect.message.type === type ? [{ to: effect.to, message: effect.message as Request }] : []));
  }

  get produced(): { readonly to: number; readonly message: ProduceRequest }[] {
    return this.sent<ProduceRequest>('ProduceRequest');
  }

  last(): { readonly to: number; readonly message: ProduceRequest } {
    return this.produced.at(-1) as { readonly to: number; readonly message: ProduceRequest };
  }

  get completed(): SendCompleted[] {
    return this.effects.flatMap((effect) => (effect.kind === 'observe' && effect.observation.type === 'send.completed' ? [effect.observation as SendCompleted] : []));
  }

  get outcomes(): string[] {
    return this.completed.map(({ sendId, outcome, offset }) => `${sendId} ${outcome} ${offset}`);
  }
}
