/**
 * The story of a small run: a Mermaid sequence diagram of what happened to one partition (faults, records offered and
 * acknowledged, what followers got, leaders, proposals for the ISR, truncations) up to the violation, and one sentence that
 * says what went wrong, by what, in Kafka's words.
 *
 * Left out: everything that is about other partitions, fetches without records, heartbeats, the quorum.
 * Source: Mermaid's sequenceDiagram syntax.
 */
import { isReplicaName } from '../actors/local-events.ts';
import type { PartitionFetched } from '../actors/replication-events.ts';
import type { Evidence } from '../history/verdict.ts';
import type { AlterPartitionRequest, ProduceRequest, ProduceResponse } from '../kafka/api.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { TraceLine } from '../kernel/trace.ts';
import { msOfUs, usOfMs } from '../kernel/time.ts';
import { readableMs } from '../scenarios/durations.ts';
import { describeFault, nodesNamedBy, type Fault } from '../scenarios/faults.ts';
import { MUTANT_DOCS } from '../scenarios/mutants.ts';
import type { Execute, RunResult } from '../scenarios/run-record.ts';
import { brokerNode, nodesOf, type Scenario } from '../scenarios/scenario.ts';
import { requestOfClosed } from './request.ts';

/** Longer stories are cut in the middle: the beginning sets the scene, the end is what it is about. */
const MOST_STEPS = 60;
const STEPS_KEPT_AT_START = 15;

interface Step {
  readonly atUs: number;
  /** Nodes that it touches, sender first. */
  readonly nodes: readonly string[];
  /** An arrow between two nodes, or a note over them. */
  readonly arrow: '->>' | '-->>' | 'note';
  readonly text: string;
}

/** Runs the closed scenario with a trace and draws what happened to the partition of the evidence. */
export function drawStory(scenario: Scenario, evidence: Evidence, execute: Execute): string {
  const partition = partitionOf(evidence);
  const steps: Step[] = [];
  const result = execute({
    ...requestOfClosed(scenario),
    trace: (line) => {
      if (line.atUs <= evidence.atUs) steps.push(...stepsOf(line, partition));
    },
  });
  const faults = result.faults.filter(({ outcome, fault }) => outcome === 'applied' && usOfMs(fault.atMs) <= evidence.atUs).map(({ fault }) => stepOfFault(fault, scenario));
  const told = [...faults, ...steps].sort((a, b) => a.atUs - b.atUs);
  return draw(told, evidence);
}

function partitionOf({ details }: Evidence): string | undefined {
  const partition = details['topicPartition'];
  return typeof partition === 'string' ? partition : undefined;
}

function draw(steps: readonly Step[], { atUs, sentence }: Evidence): string {
  const nodes = [...new Set(steps.flatMap((step) => step.nodes))].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const cut = steps.length - MOST_STEPS;
  const shown = cut <= 0 ? steps : [...steps.slice(0, STEPS_KEPT_AT_START), ...steps.slice(STEPS_KEPT_AT_START + cut)];
  const first = nodes[0] ?? 'run';
  const over = nodes.length < 2 ? first : `${first},${nodes.at(-1) as string}`;
  const lines = shown.flatMap((step, index) => [
    ...(cut > 0 && index === STEPS_KEPT_AT_START ? [`Note over ${over}: … ${cut} steps left out …`] : []),
    lineOf(step),
  ]);
  return [
    'sequenceDiagram',
    ...(nodes.length === 0 ? [first] : nodes).map((node) => `  participant ${node}`),
    ...lines.map((line) => `  ${line}`),
    `  Note over ${over}: ${escaped(`${readableMs(msOfUs(atUs))} VIOLATED: ${sentence}`)}`,
    '',
  ].join('\n');
}

/** Clients, then controllers, then brokers: requests go from left to right. */
function rank(node: string): number {
  if (node.startsWith('broker-')) return 2;
  return node.startsWith('controller-') ? 1 : 0;
}

function lineOf({ atUs, nodes, arrow, text }: Step): string {
  const said = escaped(`${readableMs(msOfUs(atUs))} ${text}`);
  return arrow === 'note' ? `Note over ${nodes.length < 2 ? nodes.join('') : `${nodes[0] as string},${nodes.at(-1) as string}`}: ${said}` : `${nodes[0] as string}${arrow}${nodes[1] as string}: ${said}`;
}

/** `#` begins an entity and `;` ends a statement. */
function escaped(text: string): string {
  return text.replaceAll('#', '#35;').replaceAll(/;(?<!#35;)/g, ',').replaceAll('\n', ' ');
}

function stepOfFault(fault: Fault, scenario: Scenario): Step {
  const order = nodesOf(scenario).map(({ name }) => name);
  const named = [...new Set(nodesNamedBy(fault))].sort((a, b) => rank(a) - rank(b) || order.indexOf(a) - order.indexOf(b));
  return { atUs: usOfMs(fault.atMs), nodes: named.length === 0 ? [brokerNode(1)] : named, arrow: 'note', text: describeFault(fault) };
}

function stepsOf(line: TraceLine, partition: string | undefined): Step[] {
  const { atUs, node, machine, event, from, detail } = line;
  const isOurs = (name: string, index: number): boolean => partition === undefined || partition === `${name}-${index}`;
  if (from !== undefined && event === 'ProduceRequest') {
    const { acks, topicData } = detail as ProduceRequest;
    const sent = topicData.flatMap(({ name, partitionData }) => partitionData.filter(({ index }) => isOurs(name, index)).map(({ index, records }) => `${name}-${index} ${valuesOf(records)}`));
    return sent.map((what) => ({ atUs, nodes: [from, node], arrow: '->>', text: `ProduceRequest acks=${acks === -1 ? 'all' : acks} ${what}` }));
  }
  if (from !== undefined && event === 'ProduceResponse') {
    const { responses } = detail as ProduceResponse;
    const answered = responses.flatMap(({ name, partitionResponses }) => partitionResponses.filter(({ index }) => isOurs(name, index)).map(({ index, errorCode, baseOffset }) => `${name}-${index} ${errorCode === 'NONE' ? `offset ${baseOffset}` : errorCode}`));
    return answered.map((what) => ({ atUs, nodes: [from, node], arrow: '-->>', text: `ProduceResponse ${what}` }));
  }
  if (from !== undefined && event === 'AlterPartitionRequest') {
    const proposed = (detail as AlterPartitionRequest).topics.flatMap(({ topicName, partitions }) => partitions.filter(({ partitionIndex }) => isOurs(topicName, partitionIndex))
      .map(({ partitionIndex, newIsrWithEpochs }) => `${topicName}-${partitionIndex} ISR [${newIsrWithEpochs.map(({ brokerId }) => brokerNode(brokerId)).join(', ')}]`));
    return proposed.map((what) => ({ atUs, nodes: [from, node], arrow: '->>', text: `AlterPartitionRequest ${what}` }));
  }
  if (machine === '') return event === 'start' && line.incarnation > 1 ? [{ atUs, nodes: [node], arrow: 'note', text: 'starts again' }] : [];
  if (!isReplicaName(machine) || (partition !== undefined && machine !== partition)) return [];
  return stepsOfReplica(line);
}

function stepsOfReplica({ atUs, node, machine, event, detail, stateBefore, stateAfter, effects }: TraceLine): Step[] {
  const steps: Step[] = [];
  if (event === 'follower.fetched') {
    const { leaderId, leaderEpoch, data } = detail as PartitionFetched;
    const [first] = data.records;
    const last = data.records.at(-1);
    if (first !== undefined && last !== undefined) {
      const values = data.records.map(valuesOf).join(', ');
      const text = `FetchResponse ${machine} offsets ${first.baseOffset} to ${last.baseOffset + last.lastOffsetDelta} ${values}, high watermark ${data.highWatermark}, leader epoch ${leaderEpoch}`;
      steps.push({ atUs, nodes: [brokerNode(leaderId), node], arrow: '-->>', text: cutAt(text) });
    }
  }
  if (stateBefore !== stateAfter && stateAfter !== undefined && stateBefore !== undefined) steps.push({ atUs, nodes: [node], arrow: 'note', text: `${machine}: ${stateBefore} becomes ${stateAfter}` });
  for (const effect of effects) {
    if (effect.kind === 'mark' && TELLING_MARKS.has(effect.label)) steps.push({ atUs, nodes: [node], arrow: 'note', text: `${machine}: ${effect.label}` });
  }
  return steps;
}

const TELLING_MARKS = new Set(['became leader', 'follower truncated', 'follower started over', 'ISR shrunk by lag', 'recovery cut a torn batch', 'AlterPartition outcome left to the metadata log']);
const MOST_TEXT = 160;
const VALUES_SHOWN = 3;

function valuesOf({ records }: RecordBatch): string {
  const values = records.slice(0, VALUES_SHOWN).map(({ value }) => `"${value ?? 'null'}"`);
  return `${values.join(', ')}${records.length > VALUES_SHOWN ? ` and ${records.length - VALUES_SHOWN} more` : ''}`;
}

function cutAt(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}

/** What went wrong, and what it took, in one sentence. */
export function explain(scenario: Scenario, evidence: Evidence, result: Pick<RunResult, 'faults'>): string {
  const took = result.faults.filter(({ outcome, fault }) => outcome === 'applied' && usOfMs(fault.atMs) <= evidence.atUs).map(({ fault }) => `${describeFault(fault)} at ${readableMs(fault.atMs)}`);
  const reverted = (scenario.mutants ?? []).map((name) => `${MUTANT_DOCS.find((mutant) => mutant.name === name)?.doc ?? name} (mutant ${name})`);
  const acks = [...new Set(scenario.producers.map(({ config }) => `acks=${String(config['acks'] ?? 'all')}`))].join(' and ');
  const because = reverted.length === 0 ? `with ${acks === '' ? 'no producer' : acks}` : `where ${reverted.join(', and ')}`;
  return `At ${readableMs(msOfUs(evidence.atUs))}, ${took.length === 0 ? 'without any fault' : `after ${took.join(', then ')}`}, ${because}: ${evidence.sentence}.`;
}
