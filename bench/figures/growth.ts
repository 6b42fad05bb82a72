/**
 * Does a message cost more in a bigger cluster? Brokers from 3 to 100, each with as many partitions, records and clients
 * as in the smallest; whatever looks at every node, partition or connection for each message shows here. Where replicas
 * are placed decides how many partitions one fetch carries: two for every one in the smallest cluster, whose brokers hold
 * them all. So the steps of a message, and what one costs, are told as well; a step bears its part of the transport, which
 * is larger where a message makes fewer steps, and so says nothing about growth below ten brokers.
 */
import { assert, present } from '../../src/kernel/assert.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { RunRequest } from '../../src/scenarios/run-record.ts';
import { lightCluster } from '../clusters/light-cluster.ts';
import { requestFor } from '../clusters/requests.ts';
import { atMost, figure, type Figure } from '../figure.ts';
import { Measurement, cpuUs, measure, type Contender, type Timed } from '../measure.ts';

const NAME = 'cluster/growth';
const BROKERS = [3, 10, 30, 100] as const;
/** Until every broker is registered, every topic created and every leader elected: off the clock. */
const SET_UP_MS = 4_000;
/** Virtual time on the clock, times brokers: every size handles about as many messages in a turn. */
const BROKER_MS = 90_000;

export function growthFigures(): readonly Figure[] {
  const sizes = BROKERS.map((brokers) => ({ name: `${brokers} brokers`, request: requestFor(lightCluster({ brokers, durationMs: SET_UP_MS + Math.floor(BROKER_MS / brokers) }), '1') }));
  const contenders = sizes.map(({ name, request }): Contender => ({ name, turn: () => afterSetUp(request) }));
  // Each size has code of its own to warm up, and a turn is short: with fewer rounds it is the compiler that is measured.
  const measured = measure(contenders, { rounds: 7, warmUpRounds: 4 });
  const stepsPerMessage = new Map(sizes.map(({ name, request }) => [name, countSteps(request)]));
  const perStep = new Measurement(new Map(sizes.map(({ name }) => [name, measured.samples(name).map((ns) => ns / present(stepsPerMessage.get(name), name))])));

  const names = sizes.map(({ name }) => name);
  const [smallest, largest] = [present(names[0], 'a size'), present(names.at(-1), 'a size')];
  return [
    ...names.map((name) => figure(NAME, `${name}, a message`, measured.ns(name), 'ns/msg')),
    ...names.map((name) => figure(NAME, `${name}, steps of machines`, present(stepsPerMessage.get(name), name), 'steps/msg')),
    ...names.map((name) => figure(NAME, `${name}, a step`, perStep.ns(name), 'ns/step')),
    figure(NAME, `${largest} vs ${smallest}, a message`, measured.ratio(largest, smallest), 'x', atMost(1.5)),
    figure(NAME, `${largest} vs ${smallest}, a step`, perStep.ratio(largest, smallest), 'x'),
  ];
}

/** Runs the scenario with all checks; counts the messages, and takes the time, from the end of the set-up on. */
function afterSetUp(request: RunRequest): Timed {
  let start: { readonly messages: number; readonly atUs: number } | undefined;
  const { messages, delivered } = execute({
    ...request,
    progress: (progress) => {
      if (start === undefined && progress.virtualMs >= SET_UP_MS) start = { messages: progress.messages, atUs: cpuUs() };
      return true;
    },
  });
  const { messages: messagesBefore, atUs } = present(start, 'the end of the set-up');
  const takenUs = cpuUs() - atUs;
  const acknowledged = delivered.topics.reduce((sum, { ok }) => sum + ok, 0);
  assert(2 * acknowledged > request.workload.length, `${request.scenario.name} acknowledges records: ${acknowledged} of ${request.workload.length}`);
  return { operations: messages - messagesBefore, cpuUs: takenUs };
}

/** Steps of machines per message after the set-up, from a trace: a fetch of ten partitions is one message and ten steps. */
function countSteps(request: RunRequest): number {
  let isSetUp = false;
  let messagesBefore = 0;
  let steps = 0;
  const { messages } = execute({
    ...request,
    trace: ({ stateBefore }) => {
      if (isSetUp && stateBefore !== undefined) steps += 1;
    },
    progress: (progress) => {
      if (!isSetUp && progress.virtualMs >= SET_UP_MS) {
        isSetUp = true;
        messagesBefore = progress.messages;
      }
      return true;
    },
  });
  return steps / (messages - messagesBefore);
}
