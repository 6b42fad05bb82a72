/**
 * H-21: the end of a topic-partition, as ListOffsets tells one client, never falls and is above what was acknowledged to it
 * before. That the committed offsets that a client reads do not fall either, committed-offset.ts judges.
 *
 * Source: KAFKA-2334 (a new leader answers with an end below what it has acknowledged; KIP-207).
 */
import type { ListOffsetsOperation } from '../../history/recorded/operations.ts';
import { isStronglyAcknowledged } from './acknowledged.ts';
import type { HistoryRule } from './rule.ts';

export const endOffsetRegress: HistoryRule = {
  name: 'end-offset-regress',
  claim: 'the end of a topic-partition never falls, nor below what was acknowledged',
  source: 'H-21; KIP-207, KAFKA-2334',
  standing: 'never',
  check: ({ calls, sent }, judgement) => {
    const lowest = new Map<string, number>();
    const raise = (client: string, key: string, end: number): void => void lowest.set(`${client}\n${key}`, Math.max(end, lowest.get(`${client}\n${key}`) ?? 0));
    // What was known to a client when it asked: in the order in which things ended, up to where the question began.
    const acknowledged = sent.filter(isStronglyAcknowledged).map((each) => ({ at: each.call.ended?.index ?? 0, client: each.call.begun.process, key: each.key ?? '', end: (each.offset ?? 0) + 1 }));
    const listed = calls.filter(({ begun, outcome }) => begun.f === 'list-offsets' && outcome === 'ok');
    const told = listed.flatMap(({ ended, begun }) => ((ended ?? begun) as ListOffsetsOperation).value.map(([key, end]) => ({ at: (ended ?? begun).index, client: begun.process, key, end })));
    const known = [...acknowledged, ...told].sort((a, b) => a.at - b.at);
    let next = 0;
    for (const { begun, ended } of [...listed].sort((a, b) => a.begun.index - b.begun.index)) {
      for (; next < known.length && (known[next]?.at ?? 0) < begun.index; next += 1) {
        const { client, key, end } = known[next] as (typeof known)[number];
        raise(client, key, end);
      }
      for (const [key, end] of ((ended ?? begun) as ListOffsetsOperation).value) {
        const bound = lowest.get(`${begun.process}\n${key}`);
        if (bound === undefined) continue;
        judgement.compared += 1;
        if (end >= bound) continue;
        judgement.anomaly({ key, offset: end, client: begun.process }, (ended ?? begun).timeNs, () => ({
          sentence: `${begun.process} was told that ${key} ends at ${end}, and knew already that it ends at ${bound} or above`,
          details: { topicPartition: key, client: begun.process, endOffset: end, knownEndOffset: bound },
        }));
      }
    }
    return 'no client asked for an end of which it knew something already';
  },
};
