import { describe, expect, it } from 'vitest';
import { minIsrOnAck } from './min-isr-on-ack.ts';
import { Stage, TOPIC } from './staging.ts';

const MIN_ISR_2 = { topics: [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 2, uncleanLeaderElectionEnable: false }] };

describe('min ISR on ack', () => {
  it('holds when as many replicas have the record as min.insync.replicas asks for', () => {
    const stage = Stage.ready([minIsrOnAck], MIN_ISR_2);
    stage.replicate(1, [2], ['a']);
    stage.send({ value: 'a', offset: 0 });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is violated when only the leader has it', () => {
    const stage = Stage.ready([minIsrOnAck], MIN_ISR_2);
    stage.append(1, ['a']);
    stage.append(2, ['other']);
    stage.send({ value: 'a', offset: 0 });
    expect(stage.verdict().evidence[0]?.sentence).toBe('"a" was acknowledged to app-1 with acks=all at offset 0 of orders-0 and is on broker-1, where min.insync.replicas asks for 2');
  });

  it('asks for no more than there are replicas, and nothing of acks=1', () => {
    const stage = new Stage([minIsrOnAck], MIN_ISR_2);
    stage.createTopic(1, [1]);
    stage.lead(1, 0);
    stage.append(1, ['a', 'b']);
    stage.send({ value: 'a', offset: 0 });
    stage.send({ value: 'x', offset: 1, acks: 1 });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('counts a replica whose disk lost it between the call and the callback, and not one that lost it before', () => {
    const stage = Stage.ready([minIsrOnAck], MIN_ISR_2);
    stage.sendOnly('a');
    stage.replicate(1, [2], ['a']);
    stage.goDown(2, 0);
    stage.complete(1, 0, 0);
    expect(stage.violations).toBe(0);
    stage.append(1, ['b']);
    stage.send({ value: 'b', offset: 1 });
    expect(stage.violations).toBe(1);
  });
});
