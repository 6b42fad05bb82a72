/**
 * H-07, H-08, H-09: a process reads a topic-partition in its order and leaves nothing out, from where its position was set until
 * it is set anew: between operations (poll-skip, nonmonotonic-poll) and within one (int-poll-skip, int-nonmonotonic-poll).
 *
 * One scan gives all four; they differ in the sign of the step and in where it happened. GD-12 promises both within an assignment.
 * Source: Jepsen's Kafka workload; Fetcher.
 */
import type { HistoryRule, Judgement } from './rule.ts';
import type { Prepared } from './prepared.ts';
import { pollPairs } from './poll-pairs.ts';
import type { PollPair } from './poll-pairs.ts';

function pollRule(name: string, claim: string, source: string, isInternal: boolean, isWrong: (delta: number) => boolean, verb: string): HistoryRule {
  return {
    name, claim, standing: 'never', source: `${source}; GD-12; Jepsen Kafka: ${name}`,
    check: (prepared: Prepared, judgement: Judgement) => {
      for (const pair of pollPairs(prepared)) {
        if (pair.isInternal !== isInternal) continue;
        judgement.compared += 1;
        if (!isWrong(pair.delta)) continue;
        if (pair.isUncertain) judgement.expected('it subscribed, and the history does not tell of rebalances');
        else report(pair, verb, judgement, prepared);
      }
      return isInternal ? 'no operation read two records of a topic-partition' : 'no process read on from a record or a position that is known';
    },
  };
}

function report({ read, key, before, isSet, offset, delta, isInternal }: PollPair, verb: string, judgement: Judgement, { orders }: Prepared): void {
  const client = read.call.begun.process;
  const order = orders.get(key);
  const dueIndex = (order?.indexOf(offset) ?? 0) - delta + 1;
  const due = order?.offsets[dueIndex] ?? before;
  judgement.anomaly({ key, offset: due, value: order?.values[dueIndex]?.[0] ?? null, client }, read.atNs, () => ({
    sentence: `${client} read offset ${offset} of ${key} ${isInternal ? 'in one operation ' : ''}${isSet ? `from position ${before}` : `after offset ${before}`}: it ${verb}${verb === 'skipped' ? ` offset ${due}` : ''}`,
    details: { topicPartition: key, client, before, offset, delta },
  }));
}

export const pollSkip = pollRule('poll-skip', 'a process that polls on leaves out no record', 'H-07', false, (delta) => delta > 1, 'skipped');
export const nonmonotonicPoll = pollRule('nonmonotonic-poll', 'a process that polls on never gets a record again', 'H-08', false, (delta) => delta < 1, 'went back');
export const internalPollSkip = pollRule('int-poll-skip', 'one poll leaves out no record', 'H-09', true, (delta) => delta > 1, 'skipped');
export const internalNonmonotonicPoll = pollRule('int-nonmonotonic-poll', 'one poll gives records in order', 'H-09', true, (delta) => delta < 1, 'went back');
