/**
 * Does a message cost more in a bigger cluster? Brokers from 3 to 100, each with as many partitions, records and clients
 * as in the smallest; whatever looks at every node, partition or connection for each message shows here.
 */
import { assert, present } from '../../src/kernel/assert.ts';
import { execute } from '../../src/scenarios/run.ts';
import { lightCluster } from '../clusters/light-cluster.ts';
import { requestFor } from '../clusters/requests.ts';
import { atMost, figure, type Figure } from '../figure.ts';
import { cpuUs, measure, type Contender } from '../measure.ts';

const NAME = 'cluster/growth';
const BROKERS = [3, 10, 30, 100] as const;
/** Until every broker is registered, every topic created and every leader elected: off the clock. */
const SET_UP_MS = 4_000;
/** Virtual time on the clock, times brokers: every size handles about as many messages in a turn. */
const BROKER_MS = 90_000;

export function growthFigures(): readonly Figure[] {
  const contenders = BROKERS.map((brokers): Contender => {
    const request = requestFor(lightCluster({ brokers, durationMs: SET_UP_MS + Math.floor(BROKER_MS / brokers) }), '1');
    let acknowledged = 0;
    return {
      name: nameOf(brokers),
      turn: () => {
        let start: { readonly messages: number; readonly atUs: number } | undefined;
        const { messages, delivered } = execute({
          ...request,
          progress: (progress) => {
            if (start === undefined && progress.virtualMs >= SET_UP_MS) start = { messages: progress.messages, atUs: cpuUs() };
            return true;
          },
        });
        const { messages: messagesBefore, atUs } = present(start, 'the end of the set-up');
        acknowledged = delivered.topics.reduce((sum, { ok }) => sum + ok, 0);
        return { operations: messages - messagesBefore, cpuUs: cpuUs() - atUs };
      },
      afterTurn: () => assert(acknowledged > request.workload.length / 4, `${brokers} brokers acknowledge records: ${acknowledged} of ${request.workload.length}`),
    };
  });
  const measured = measure(contenders, { rounds: 5, warmUpRounds: 1 });
  const smallest = nameOf(BROKERS[0]);
  return BROKERS.flatMap((brokers) => {
    const name = nameOf(brokers);
    const cost = figure(NAME, name, measured.ns(name), 'ns/msg');
    if (name === smallest) return [cost];
    return [cost, figure(NAME, `${name} vs ${smallest}`, measured.ratio(name, smallest), 'x', brokers === BROKERS.at(-1) ? atMost(1.5) : null)];
  });
}

function nameOf(brokers: number): string {
  return `${brokers} brokers`;
}
