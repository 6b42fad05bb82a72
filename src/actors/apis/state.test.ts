import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetadataImage } from '../../kafka/metadata.ts';
import { Stimulus } from '../../kernel/effects.ts';
import { allRead, fetchTimeUp, outdateFetches } from './fetch.ts';
import { epochEndRead, offsetsRead } from './offsets.ts';
import { appended, produceTimedOut, replicated } from './produce.ts';
import { newApis, nextOperationId, operationOf, withOperation, withoutOperation, type ApisState, type Operation } from './state.ts';

const empty = newApis({ brokerId: 1, image: MetadataImage.empty() });
const operation = (id: number): Operation => ({ kind: 'listOffsets', id, replyTo: id, source: 7, request: { type: 'ListOffsetsRequest', correlationId: id, replicaId: -1, isolationLevel: 'read_uncommitted', topics: [] }, results: [undefined] });

describe('the operations under way', () => {
  it('are found by their ids, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('begin' as const), fc.nat(60)), { maxLength: 120 }), (steps) => {
        let state: ApisState = empty;
        const open: number[] = [];
        const ended: number[] = [];
        for (const step of steps) {
          if (step === 'begin') {
            const { state: next, id } = nextOperationId(state);
            expect([...open, ...ended], 'an id is given once').not.toContain(id);
            state = withOperation(next, operation(id));
            open.push(id);
          } else if (open.length > 0) {
            const [id] = open.splice(step % open.length, 1) as [number];
            state = withoutOperation(state, id);
            ended.push(id);
          }
          for (const id of open) expect(operationOf(state, id)?.id).toBe(id);
          for (const id of ended) expect(operationOf(state, id)).toBe(undefined);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('leave nothing behind for what comes too late: answers and timers of ids that are over change nothing', () => {
    const ticket = { answerTo: 'apis', operationId: 99, position: 0 };
    expect([
      appended(empty, { type: 'produce.appended', ticket, errorCode: 'NONE', baseOffset: 0, logStartOffset: 0, awaitsReplication: false }),
      replicated(empty, { type: 'produce.replicated', ticket, errorCode: 'NONE' }),
      produceTimedOut(empty, new Stimulus('timer.produce', 0, 0, 99)),
      allRead(empty, { type: 'fetch.allRead', nowMs: 0, operationId: 99, results: null, bytesLeft: 0, isUrgent: false, isOutdated: false }),
      fetchTimeUp(empty, new Stimulus('timer.fetch', 0, 0, 99)),
      offsetsRead(empty, { type: 'listOffsets.partitionRead', ticket, errorCode: 'NONE', offset: 0, timestamp: -1, leaderEpoch: 0 }),
      epochEndRead(empty, { type: 'offsetForLeaderEpoch.partitionRead', ticket, errorCode: 'NONE', leaderEpoch: 0, endOffset: 0 }),
    ].every(({ state, effects }) => state === empty && effects.length === 0)).toBe(true);
  });

  describe('a fetch whose time is up', () => {
    const data = { partitionIndex: 0, errorCode: 'NONE', highWatermark: 4, lastStableOffset: 4, logStartOffset: 0, records: [] } as const;
    const request = {
      type: 'FetchRequest', correlationId: 1, replicaState: { replicaId: 2, replicaEpoch: 5 }, maxWaitMs: 500, minBytes: 1, maxBytes: 1_000, isolationLevel: 'read_uncommitted',
      topics: [{ topic: 't', partitions: [{ partition: 0, currentLeaderEpoch: 0, fetchOffset: 4, lastFetchedEpoch: 0, logStartOffset: 0, partitionMaxBytes: 1_000 }] }],
    } as const;
    const asked = request.topics[0].partitions[0];
    const first = { topicPartition: 't-0', request: asked, following: null };
    const { state, id } = nextOperationId(empty);
    const reading = withOperation(state, { kind: 'fetch', id, replyTo: 3, source: 2, request, first, refused: [], isParked: false, isTimed: false, isTimeUp: false, isWoken: false, known: null });
    const parked = (isOutdated: boolean): ApisState => allRead(reading, { type: 'fetch.allRead', nowMs: 0, operationId: id, results: { request: asked, data, before: null }, bytesLeft: 1_000, isUrgent: false, isOutdated }).state;
    const timeUp = (before: ApisState): string[] => fetchTimeUp(before, new Stimulus('timer.fetch', 500, 0, id)).effects.map(({ kind }) => kind);

    it('is answered with what its replicas said, when nothing has changed since', () => {
      expect(timeUp(parked(false))).toEqual(['reply']);
    });

    it('is read again when a high watermark rose since, or by the fetch itself', () => {
      expect(timeUp(outdateFetches(parked(false), { type: 'fetch.outdated', sources: [2] }).state)).toEqual(['tell']);
      expect(timeUp(outdateFetches(parked(false), { type: 'fetch.outdated', sources: [3] }).state)).toEqual(['reply']);
      expect(timeUp(parked(true))).toEqual(['tell']);
    });
  });

  it('are not answered by what was meant for one of another kind', () => {
    const { state, id } = nextOperationId(empty);
    const busy = withOperation(state, operation(id));
    expect(replicated(busy, { type: 'produce.replicated', ticket: { answerTo: 'apis', operationId: id, position: 0 }, errorCode: 'NONE' }).state).toBe(busy);
    expect(fetchTimeUp(busy, new Stimulus('timer.fetch', 0, 0, id)).state).toBe(busy);
  });
});
