import { describe, expect, it } from 'vitest';
import { acknowledgedRecordsSurvive } from './acknowledged-records-survive.ts';
import { committedPrefixImmutable } from './committed-prefix-immutable.ts';
import { readsAgree } from './reads-agree.ts';
import { Stage, TOPIC } from './staging.ts';

const UNCLEAN = { topics: [{ name: TOPIC, partitionCounts: [3], minInsyncReplicas: 1, uncleanLeaderElectionEnable: true }] };

const ELR = { topics: [{ name: TOPIC, partitionCounts: [3], minInsyncReplicas: 2, uncleanLeaderElectionEnable: false }], eligibleLeaderReplicas: true };

/** Offsets 0..4 are committed on brokers 1, 2 and 3. */
function committed(changes = {}): Stage {
  const stage = Stage.ready([committedPrefixImmutable], changes);
  stage.replicate(1, [2, 3], ['a', 'b', 'c', 'd', 'e']);
  return stage;
}

/** The broker comes back with what its disk kept, is elected as the only member of the ISR, and leads. */
function returnAsLeader(stage: Stage, brokerId: number): void {
  stage.start(brokerId, 2);
  stage.elect(brokerId, [brokerId]);
  stage.lead(brokerId);
}

describe('the fault budget', () => {
  it('excuses what the last member of the ISR lost with its disk', () => {
    const stage = committed();
    stage.elect(1, [1]);
    stage.goDown(1, 3);
    stage.elect(-1, [1]);
    returnAsLeader(stage, 1);
    const { verdict, note, evidence } = stage.verdict();
    expect(evidence).toEqual([]);
    expect(verdict).toBe('held');
    expect(note).toBe('2 excused: at 00:00:00.021000 every member of the ISR of orders-0 ([broker-1]) had lost records with its disk');
  });

  it('does not excuse a power loss while another member of the ISR retains the record', () => {
    const stage = committed();
    stage.goDown(1, 3);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    stage.truncate(2, 3);
    expect(stage.verdict()).toMatchObject({ verdict: 'violated', evidence: [{ details: { offset: 3, lostCount: 2 } }] });
  });

  it('does not excuse a process crash, whose page cache survives', () => {
    const stage = committed();
    stage.elect(1, [1]);
    stage.goDown(1);
    stage.start(1, 2);
    stage.truncate(1, 3);
    stage.elect(1, [1]);
    stage.lead(1);
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('excuses only what no member retained', () => {
    const stage = committed();
    stage.elect(1, [1, 2]);
    stage.goDown(1, 2);
    stage.goDown(2, 4);
    stage.start(2, 2);
    stage.truncate(2, 2);
    stage.elect(2, [1, 2]);
    stage.lead(2);
    const { verdict, evidence, note } = stage.verdict();
    expect(verdict).toBe('violated');
    expect(evidence[0]?.details).toMatchObject({ offset: 2, lostCount: 2 });
    expect(note).toMatch(/^1 excused/);
  });

  it('excuses a member that lost records and is the last one left when the others leave', () => {
    const stage = committed();
    stage.goDown(1, 3);
    stage.goDown(2);
    stage.goDown(3);
    stage.elect(1, [1]);
    returnAsLeader(stage, 1);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('does not excuse a member that lost records, left the ISR and was taken back without them', () => {
    const stage = committed();
    stage.goDown(1, 3);
    stage.elect(2, [2, 3]);
    stage.changeIsr([1, 2, 3]);
    returnAsLeader(stage, 1);
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('does not excuse a broker that registers anew and stays in an ISR with other members', () => {
    const stage = committed();
    stage.registerBroker(1, 50);
    stage.goDown(1, 3);
    stage.start(1, 2);
    stage.registerBroker(1, 60);
    stage.elect(1, [1]);
    stage.lead(1);
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('excuses a wiped disk of the only replica left in the ISR, and nothing that is committed afterwards', () => {
    const stage = committed();
    stage.elect(1, [1]);
    stage.goDown(1, 0);
    returnAsLeader(stage, 1);
    stage.replicate(1, [], ['new a', 'new b']);
    stage.elect(2, [2]);
    stage.goDown(2);
    stage.start(2, 2);
    stage.lead(2);
    const { verdict, evidence, note } = stage.verdict();
    expect(note).toMatch(/^5 excused/);
    expect(verdict).toBe('violated');
    expect(evidence).toHaveLength(1);
    expect(evidence[0]?.details).toMatchObject({ offset: 0, lostCount: 2 });
  });

  it('excuses an unclean election where the topic allows it', () => {
    const stage = committed(UNCLEAN);
    stage.changeIsr([1]);
    stage.replicate(1, [], ['f', 'g']);
    stage.elect(3, [3]);
    stage.lead(3);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', note: '2 excused: broker-3 was elected leader of orders-0 uncleanly at 00:00:00.023000' });
  });

  it('does not excuse an unclean election where the topic forbids it', () => {
    const stage = committed();
    stage.changeIsr([1]);
    stage.replicate(1, [], ['f', 'g']);
    stage.elect(3, [3]);
    stage.lead(3);
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('an unclean leader may not lose what it had when it was elected', () => {
    const stage = committed(UNCLEAN);
    stage.changeIsr([1]);
    stage.replicate(1, [], ['f']);
    stage.elect(3, [3]);
    stage.truncate(3, 4);
    stage.lead(3);
    expect(stage.verdict()).toMatchObject({ verdict: 'violated', evidence: [{ details: { offset: 4, lostCount: 1 } }] });
  });

  it('excuses what a member of the ELR held when the last one was dropped for an unclean shutdown', () => {
    const stage = committed(ELR);
    stage.change({ leader: -1, isr: [], eligibleLeaderReplicas: [1, 2], lastKnownElr: [1] });
    stage.goDown(1, 3);
    stage.change({ eligibleLeaderReplicas: [2] });
    stage.change({ eligibleLeaderReplicas: [] });
    stage.start(1, 2);
    stage.change({ leader: 1, isr: [1], lastKnownElr: [], leaderRecoveryState: 'RECOVERING' });
    stage.lead(1);
    const { verdict, note, evidence } = stage.verdict();
    expect(evidence).toEqual([]);
    expect(verdict).toBe('held');
    expect(note).toBe('2 excused: at 00:00:00.023000 nobody was left in the ISR and the ELR of orders-0 after unclean shutdowns, of broker-2 at last');
  });

  it('excuses nothing of that which the last known leader held when it was elected', () => {
    const stage = committed(ELR);
    stage.change({ leader: -1, isr: [], eligibleLeaderReplicas: [1, 2], lastKnownElr: [1] });
    stage.change({ eligibleLeaderReplicas: [2] });
    stage.change({ eligibleLeaderReplicas: [] });
    stage.change({ leader: 1, isr: [1], lastKnownElr: [], leaderRecoveryState: 'RECOVERING' });
    stage.truncate(1, 3);
    stage.lead(1);
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('does not excuse an ELR that loses its only member after one unclean shutdown', () => {
    const stage = committed(ELR);
    stage.change({ leader: -1, isr: [], eligibleLeaderReplicas: [1], lastKnownElr: [1] });
    stage.change({ eligibleLeaderReplicas: [] });
    stage.truncate(1, 3);
    stage.change({ leader: 1, isr: [1], lastKnownElr: [], leaderRecoveryState: 'RECOVERED' });
    stage.lead(1);
    expect(stage.verdict().verdict).toBe('violated');
  });

  // swarm, seed 52592: reassigned from two replicas to one, and back when that one was gone.
  it('excuses a leader from the ELR whose log a reassignment had taken, and not one that ELR has forgotten since', () => {
    const reassigned = (elr: readonly number[]): Stage => {
      const stage = committed(ELR);
      stage.change({ replicas: [1], isr: [1], leader: 1, eligibleLeaderReplicas: [2] });
      stage.truncate(2, 0);
      stage.change({ isr: [], leader: -1, eligibleLeaderReplicas: [1, ...elr], lastKnownElr: [1] });
      stage.change({ replicas: [2, 1], addingReplicas: [2] });
      stage.change({ isr: [2], leader: 2, eligibleLeaderReplicas: [1], lastKnownElr: [] });
      stage.lead(2);
      return stage;
    };
    expect(reassigned([2]).verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('broker-2 was elected leader of orders-0 from the ELR, though a reassignment had taken its log,') as string });
    expect(reassigned([]).violations).toBe(1);
  });

  it('knows an unclean leader that was fenced in the batch of records that elected it', () => {
    const stage = committed(UNCLEAN);
    stage.changeIsr([1]);
    stage.replicate(1, [], ['f', 'g']);
    stage.change({ leader: -1, isr: [3], leaderRecoveryState: 'RECOVERING' });
    stage.change({ leader: 3 });
    stage.lead(3);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  // swarm, seed 138582: a leader in controlled shutdown that was deposed acknowledged one more record, and lost power with it.
  it('excuses what a leader that an unclean election had deposed acknowledged, also once its disk has lost that, and nothing of the new leader', () => {
    const acknowledged = (by: number): Stage => {
      const stage = Stage.ready([readsAgree], UNCLEAN);
      stage.replicate(1, [2, 3], ['a', 'b', 'c', 'd', 'e']);
      stage.changeIsr([1]);
      stage.change({ leader: 3, isr: [3], leaderRecoveryState: 'RECOVERING' });
      if (by === 3) {
        stage.lead(3);
        stage.changeIsr([3, 2]);
      }
      stage.append(by, ['f']);
      stage.send({ value: 'f', offset: 5 });
      stage.goDown(by, 5);
      stage.send({ value: 'g', offset: 5 });
      return stage;
    };
    expect(acknowledged(1).verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('broker-3 was elected leader of orders-0 uncleanly') as string });
    expect(acknowledged(3).violations).toBe(1);
  });

  // swarm, seed 216361: a zombie of a compacted topic acknowledged records, and cleaned them, before it heard of the unclean election.
  it('excuses what such a leader acknowledged and its log cleaner took, and nothing that the new leader acknowledged', () => {
    const lost = (fEpoch: number): Stage => {
      const stage = Stage.ready([acknowledgedRecordsSurvive], UNCLEAN);
      stage.replicate(1, [2, 3], ['a']);
      stage.changeIsr([1]);
      stage.change({ leader: 3, isr: [3], leaderRecoveryState: 'RECOVERING' });
      stage.append(1, ['f', 'g'], { epoch: [fEpoch, fEpoch] });
      stage.send({ value: 'f', offset: 1 });
      stage.send({ value: 'g', offset: 2 });
      stage.takeOut(1, 1);
      stage.lead(3);
      return stage;
    };
    expect(lost(0).verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('2 excused: broker-3 was elected leader of orders-0 uncleanly') as string });
    expect(lost(1).violations).toBe(2);
  });

  it('excuses what a broker lost that a leader had proposed for the ISR and the controller accepted', () => {
    const stage = committed();
    stage.changeIsr([1]);
    stage.know(1, { isr: [1], maximalIsr: [1, 2], pending: {} });
    stage.goDown(2, 3);
    stage.changeIsr([1, 2]);
    stage.goDown(1, 3);
    stage.start(2, 2);
    stage.elect(2, [1, 2]);
    stage.lead(2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('goes its own way in a fork', () => {
    const stage = committed();
    stage.elect(1, [1]);
    const fork = stage.fork();
    fork.goDown(1, 3);
    returnAsLeader(fork, 1);
    stage.truncate(1, 3);
    stage.elect(1, [1]);
    stage.lead(1);
    expect(fork.verdict().verdict).toBe('held');
    expect(stage.verdict().verdict).toBe('violated');
  });
});
