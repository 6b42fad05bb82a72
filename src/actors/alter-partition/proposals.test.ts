/** ISR proposals on their way to the controller (DefaultAlterPartitionManager). */
import { describe, expect, it } from 'vitest';
import type { AlterPartitionData, AlterPartitionPartitionResponse, AlterPartitionRequest, AlterPartitionResponse } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { Received, Stimulus, type Effect } from '../../kernel/effects.ts';
import { compiledEngine } from '../../kernel/statechart/engines.ts';
import type { EventObject, MachineState } from '../../kernel/statechart/engine.ts';
import type { AlterPartitionAnswered, AlterPartitionSubmit } from '../replication-events.ts';
import { told } from '../replica/sample.ts';
import { alterPartitionMachine } from './machine.ts';

const program = compiledEngine.load(alterPartitionMachine);

class Proposals {
  private correlationId = 0;
  effects: Effect[] = [];
  private armed = '';
  private state: MachineState = program.start({ brokerId: 1, config: defaultConfig('broker') }, this);

  constructor({ controllerId = 0 } = {}) { this.on({ type: 'raft.leaderChanged', epoch: 1, leaderId: controllerId } as EventObject); }

  emit(event: EventObject): void { this.effects.push(...(event as unknown as { effects: Effect[] }).effects); }
  schedule(id: string): void { this.armed = id; }
  cancel(): void {}

  on(event: EventObject): this {
    this.effects = [];
    this.state = program.step(this.state, event, this);
    for (const effect of this.effects) if (effect.kind === 'send') this.correlationId = (effect.message as AlterPartitionRequest).correlationId;
    return this;
  }

  timeOut(): this { return this.on({ type: this.armed }); }
  get at(): string { return program.describe(this.state); }
  get sent(): AlterPartitionRequest[] { return this.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message as AlterPartitionRequest] : [])); }
  get answered(): AlterPartitionAnswered[] { return told(this.effects, 'alterPartition.answered'); }
  answer(errorCode: ErrorName, ...partitions: [topicName: string, partitionIndex: number, errorCode: ErrorName][]): this {
    const response = ([topicName, partitionIndex, error]: [string, number, ErrorName]): AlterPartitionResponse['topics'][number] => {
      const one: AlterPartitionPartitionResponse = { partitionIndex, errorCode: error, leaderId: 1, leaderEpoch: 5, isr: [1], leaderRecoveryState: 'RECOVERED', partitionEpoch: 1 };
      return { topicName, partitions: [one] };
    };
    return this.on(new Received({ type: 'AlterPartitionResponse', correlationId: this.correlationId, errorCode, topics: partitions.map(response) }, 1_000, 0, 0, -1));
  }
}

const data = (partitionIndex: number, partitionEpoch = 9): AlterPartitionData => ({ partitionIndex, leaderEpoch: 5, newIsrWithEpochs: [{ brokerId: 1, brokerEpoch: 11 }], leaderRecoveryState: 'RECOVERED', partitionEpoch });
const submit = (topic: string, proposal: AlterPartitionData): AlterPartitionSubmit => ({ type: 'alterPartition.submit', topicPartition: `${topic}-${proposal.partitionIndex}`, topic, data: proposal });

describe('a proposal', () => {
  it('waits for a controller to be known', () => {
    const proposals = new Proposals({ controllerId: -1 }).on(submit('t', data(0)));
    expect([proposals.at, proposals.sent]).toEqual(['BackingOff', []]);
    expect(proposals.on({ type: 'raft.leaderChanged', epoch: 2, leaderId: 5 } as EventObject).timeOut().effects[0]).toMatchObject({ kind: 'send', to: 5 });
  });

  it('is sent at once, in the name of this incarnation', () => {
    const proposals = new Proposals().on({ type: 'broker.registered', brokerEpoch: 11 } as EventObject).on(submit('t', data(0)));
    expect(proposals.sent).toEqual([{ type: 'AlterPartitionRequest', correlationId: 1, brokerId: 1, brokerEpoch: 11, topics: [{ topicName: 't', partitions: [data(0)] }] }]);
  });

  it('waits while a request is in flight, and goes with all others, by topic, in the next', () => {
    const proposals = new Proposals().on(submit('t', data(0))).on(submit('t', data(1))).on(submit('u', data(0))).on(submit('t', data(2)));
    expect(proposals.sent).toEqual([]);
    expect(proposals.answer('NONE', ['t', 0, 'NONE']).sent[0]?.topics).toEqual([{ topicName: 't', partitions: [data(1), data(2)] }, { topicName: 'u', partitions: [data(0)] }]);
  });

  it('that is answered is told to its replica, as it was submitted', () => {
    const proposal = data(0);
    const proposals = new Proposals().on(submit('t', proposal)).answer('NONE', ['t', 0, 'INELIGIBLE_REPLICA']);
    expect(proposals.answered.map(({ response, submitted }) => [response.errorCode, submitted === proposal])).toEqual([['INELIGIBLE_REPLICA', true]]);
    expect(proposals.at).toBe('Idle');
  });

  it('that replaces another in flight is not what the answer speaks of, and goes with the next request', () => {
    const [old, young] = [data(0, 9), data(0, 10)];
    const proposals = new Proposals().on(submit('t', old)).on(submit('t', young)).answer('NONE', ['t', 0, 'INVALID_UPDATE_VERSION']);
    expect(proposals.answered.map(({ submitted }) => submitted === old)).toEqual([true]);
    expect(proposals.sent[0]?.topics).toEqual([{ topicName: 't', partitions: [young] }]);
    expect(proposals.answer('NONE', ['t', 0, 'NONE']).answered.map(({ submitted }) => submitted === young)).toEqual([true]);
    expect(proposals.at).toBe('Idle');
  });

  it('that the controller does not mention is sent again', () => {
    const proposals = new Proposals().on(submit('t', data(0))).on(submit('t', data(1)));
    proposals.answer('NONE', ['t', 0, 'NONE']).answer('NONE');
    expect(proposals.sent[0]?.topics[0]?.partitions).toEqual([data(1)]);
  });
});

describe('a request that fails as a whole', () => {
  it.each<[string, (proposals: Proposals) => Proposals]>([
    ['is refused', (proposals) => proposals.answer('STALE_BROKER_EPOCH')],
    ['loses its connection', (proposals) => proposals.on(new Stimulus('connection.lost', 1_000, 0, { peer: 0, reason: 'reset' }))],
    ['gets no answer within controller.socket.timeout.ms', (proposals) => proposals.timeOut()],
  ])('because it %s decides nothing: it is sent again after 50 ms, with what came meanwhile', (_, fail) => {
    const proposals = fail(new Proposals().on(submit('t', data(0))));
    expect([proposals.at, proposals.answered]).toEqual(['BackingOff', []]);
    proposals.on(submit('t', data(1)));
    expect([proposals.sent, proposals.timeOut().sent[0]?.topics[0]?.partitions]).toEqual([[], [data(0), data(1)]]);
  });

  it('for want of an answer is disconnected, so that a late one cannot come', () => {
    expect(new Proposals().on(submit('t', data(0))).timeOut().effects).toEqual([{ kind: 'disconnect', to: 0 }]);
  });

  it('does not end with the answer to an older one', () => {
    const proposals = new Proposals().on(submit('t', data(0)));
    proposals.on(new Received({ type: 'AlterPartitionResponse', correlationId: 0, errorCode: 'NONE', topics: [] }, 1_000, 0, 0, -1));
    expect([proposals.at, proposals.effects]).toEqual(['Sending', []]);
  });
});
