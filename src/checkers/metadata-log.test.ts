import { describe, expect, it } from 'vitest';
import { MetadataImage } from '../kafka/metadata.ts';
import type { MetadataRecord } from '../kafka/metadata.ts';
import { RaftLog } from '../kafka/raft-log.ts';
import type { RaftView } from '../kafka/views.ts';
import { metadataLog } from './metadata-log.ts';
import { plantedContext, plantedRaftView } from './planted.ts';

const register = (brokerId: number, brokerEpoch: number): MetadataRecord => ({ type: 'RegisterBrokerRecord', brokerId, brokerEpoch, incarnationId: `i-${brokerEpoch}`, fenced: true, inControlledShutdown: false });

/** Voters 1, 2 and 3 as a test wants them; each change is one step. */
class Quorum {
  readonly checker = metadataLog.check(plantedContext({ voters: [1, 2, 3] }));
  private readonly views = new Map<number, RaftView>();
  private atUs = 0;

  constructor() {
    for (const nodeId of [1, 2, 3]) this.set(nodeId, {});
  }

  log(nodeId: number): RaftLog {
    return this.views.get(nodeId)?.log ?? RaftLog.empty();
  }

  set(nodeId: number, change: Partial<RaftView>): void {
    this.atUs += 1;
    const before = this.views.get(nodeId);
    const fresh = plantedRaftView(nodeId);
    const after = { ...(before ?? fresh), ...change };
    this.views.set(nodeId, after);
    this.checker.raftChanged?.(before, after, this.atUs);
  }

  lead(nodeId: number, epoch: number): void {
    for (const [id, { isLeader }] of this.views) if (isLeader) this.set(id, { isLeader: false });
    this.set(nodeId, { epoch, isLeader: true, leaderId: nodeId, votedId: nodeId });
  }

  append(nodeId: number, epoch: number, ...records: MetadataRecord[]): void {
    this.set(nodeId, { log: this.log(nodeId).append(records, epoch) });
  }

  copy(from: number, to: number): void {
    this.set(to, { log: this.log(from) });
  }

  commit(nodeId: number): void {
    this.set(nodeId, { highWatermark: this.log(nodeId).endOffset });
  }

  disk(nodeId: number, log: RaftLog, isWiped = false): void {
    this.atUs += 1;
    this.views.delete(nodeId);
    this.checker.raftDiskFound?.(nodeId, log, isWiped, this.atUs);
  }

  see(nodeId: number, image: MetadataImage): void {
    this.checker.imageSeen?.(nodeId, image, this.atUs);
  }

  get sentences(): string[] {
    return this.checker.verdict(this.atUs).evidence.map(({ sentence }) => sentence);
  }
}

/** Broker 7 is registered, committed by voter 1 in epoch 1 with a copy on voter 2. */
function committed(): Quorum {
  const quorum = new Quorum();
  quorum.lead(1, 1);
  quorum.append(1, 1, register(7, 1));
  quorum.copy(1, 2);
  quorum.commit(1);
  return quorum;
}

describe('the metadata log', () => {
  it('holds for an election among those who have everything, and a power loss of one', () => {
    const quorum = committed();
    quorum.copy(1, 3);
    quorum.disk(1, RaftLog.empty());
    quorum.lead(2, 2);
    quorum.append(2, 2, register(8, 2));
    quorum.copy(2, 3);
    quorum.commit(2);
    expect(quorum.sentences).toEqual([]);
    expect(quorum.checker.verdict(99)).toMatchObject({ verdict: 'held' });
  });

  // Figure 8 of the Raft paper: whoever has a later entry than that one may be elected, and overwrite it.
  it('is violated by a leader that commits an entry of an older epoch by counting voters, without one of its own', () => {
    const quorum = new Quorum();
    quorum.lead(1, 1);
    quorum.append(1, 1, register(7, 1));
    quorum.lead(1, 3);
    quorum.copy(1, 2);
    quorum.commit(1);
    expect(quorum.sentences).toEqual(['broker-1 commits the metadata log up to 1 as leader of epoch 3, and the last entry of that is of epoch 1']);
    const careful = new Quorum();
    careful.lead(1, 1);
    careful.append(1, 1, register(7, 1));
    careful.lead(1, 3);
    careful.append(1, 3, register(8, 2));
    careful.copy(1, 2);
    careful.commit(1);
    expect(careful.sentences).toEqual([]);
  });

  it('is violated by two leaders in one epoch', () => {
    const quorum = committed();
    quorum.set(2, { epoch: 1, isLeader: true });
    expect(quorum.sentences).toEqual(['broker-2 leads the quorum in epoch 1, in which broker-1 has led it']);
  });

  it('does not count a leadership that nobody heard of: its epoch was not on the platter when the process ended', () => {
    const quorum = committed();
    const told = quorum.log(1);
    quorum.set(1, { isLeader: false });
    quorum.set(1, { epoch: 2, isLeader: true, isQuorumStateDurable: false, leaderId: 1, votedId: 1 });
    quorum.append(1, 2, register(8, 3));
    quorum.disk(1, told);
    quorum.set(1, { epoch: 1, log: told });
    quorum.set(1, { epoch: 2, isLeader: true, isQuorumStateDurable: false, leaderId: 1, votedId: 1 });
    quorum.append(1, 2, register(9, 4));
    expect(quorum.sentences).toEqual([]);
    // From then on it may have been heard.
    quorum.set(1, { isQuorumStateDurable: true });
    quorum.set(2, { epoch: 2, leaderId: 1, log: told.append([register(8, 3)], 2) });
    expect(quorum.sentences).toEqual(['broker-1 and broker-2 both hold a batch of epoch 2 at offset 1 of the metadata log, but not the same one']);
  });

  it('is violated by a leader that steps down and leads its epoch again', () => {
    const quorum = committed();
    quorum.set(1, { isLeader: false });
    quorum.set(1, { isLeader: true });
    expect(quorum.sentences).toHaveLength(1);
  });

  it('is violated by a leader that restarts and leads its epoch again', () => {
    const quorum = committed();
    quorum.disk(1, quorum.log(1));
    quorum.set(1, { epoch: 1, isLeader: true, log: quorum.log(2) });
    expect(quorum.sentences).toEqual(['broker-1 leads the quorum in epoch 1 for a second time: what it wrote there at first it may have lost']);
  });

  it('is violated by a leader without what is committed', () => {
    const quorum = committed();
    quorum.lead(3, 2);
    expect(quorum.sentences).toEqual(['broker-3 leads the quorum in epoch 2 without all that is committed: that reaches 1 (epoch 1), its log 0']);
  });

  it('holds when a vote arrives so late that a later epoch has committed something meanwhile', () => {
    const quorum = new Quorum();
    quorum.lead(1, 3);
    quorum.append(1, 3, register(7, 1));
    quorum.copy(1, 2);
    quorum.commit(1);
    quorum.set(3, { epoch: 2, isLeader: true });
    expect(quorum.sentences).toEqual([]);
    quorum.set(3, { epoch: 4 });
    expect(quorum.sentences).toEqual(['broker-3 leads the quorum in epoch 4 without all that is committed: that reaches 1 (epoch 3), its log 0']);
  });

  it('is violated by a leader that commits another history than the one that is committed, whatever its batches', () => {
    const quorum = committed();
    quorum.set(3, { log: RaftLog.empty().append([register(8, 2), register(9, 3)], 1) });
    quorum.lead(3, 2);
    quorum.append(3, 2, register(10, 4));
    quorum.commit(3);
    expect(quorum.sentences.slice(1)).toEqual([
      'broker-3 leads the quorum in epoch 2 without all that is committed: that reaches 1 (epoch 1), its log 2',
      'broker-3 commits the metadata log up to 3 in epoch 2, and has not what was committed up to 1 (epoch 1)',
    ]);
  });

  it('is violated when fewer than a majority hold what a leader commits', () => {
    const quorum = new Quorum();
    quorum.lead(1, 1);
    quorum.append(1, 1, register(7, 1));
    quorum.commit(1);
    expect(quorum.sentences).toEqual(['the metadata log is committed up to 1 (epoch 1), and only 1 of 3 voters hold it: broker-1']);
  });

  it('is violated when power losses take it from a majority, since voters flush, and excuses wipes', () => {
    const [lost, wiped] = [committed(), committed()];
    lost.disk(2, RaftLog.empty());
    expect(lost.sentences).toEqual(['the metadata log is committed up to 1 (epoch 1), and only 1 of 3 voters hold it: broker-1']);
    wiped.disk(2, RaftLog.empty(), true);
    wiped.lead(3, 2);
    expect(wiped.sentences).toEqual([]);
    expect(wiped.checker.verdict(99).note).toBe('2 excused: the disks of a majority of the voters were wiped');
  });

  it('is violated by two contents, or two histories, for one epoch and offset', () => {
    const quorum = committed();
    quorum.append(3, 1, register(9, 1));
    expect(quorum.sentences[0]).toBe('broker-1 and broker-3 both hold a batch of epoch 1 at offset 0 of the metadata log, but not the same one');
    const forked = committed();
    forked.append(1, 3, register(8, 2));
    forked.set(3, { log: RaftLog.empty().append([register(7, 1)], 2).append([register(8, 2)], 3) });
    expect(forked.sentences[0]).toBe('broker-1 and broker-3 both hold a batch of epoch 3 at offset 1 of the metadata log, but after epochs 1 and 2');
  });

  it('is violated by a cut below the high watermark, a second vote, and an epoch that falls', () => {
    const quorum = committed();
    quorum.set(1, { log: RaftLog.empty(), highWatermark: 0 });
    quorum.set(2, { epoch: 5, votedId: 1 });
    quorum.set(2, { votedId: 3 });
    quorum.set(2, { epoch: 4, votedId: -1 });
    expect(quorum.sentences).toEqual([
      'broker-1 cut the metadata log at 0, below the high watermark 1 that it knew',
      'broker-2 voted for broker-1 and for broker-3 in epoch 5 of the quorum',
      'broker-2 went back from epoch 5 of the quorum to 4',
    ]);
  });

  it('is violated by an image that is not the replay of a committed prefix', () => {
    const quorum = committed();
    const image = MetadataImage.empty().apply(register(7, 1), 0);
    quorum.see(2, image);
    expect(quorum.sentences).toEqual([]);
    quorum.see(2, image.apply(register(8, 2), 1));
    quorum.see(3, MetadataImage.empty().apply(register(8, 1), 0));
    expect(quorum.sentences).toEqual([
      'broker-2 has an image of the metadata at offset 1, and only what is below 1 is committed',
      'broker-3 has an image of the metadata at offset 0 that the metadata log does not replay to',
    ]);
  });
});
