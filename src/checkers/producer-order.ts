/**
 * GD-4, H-10, H-19: the acknowledged records of one producer stand in a partition in the order in which it sent them.
 *
 * Kafka promises it for producers that never have a batch overtaken by its successor: with idempotence, with
 * `max.in.flight.requests.per.connection` = 1, or with `retries` = 0. Other producers are not judged. A late copy of a
 * record, which a timed-out attempt may leave behind later ones (H-02), has another offset than the acknowledged one and
 * is no matter of order. Nor is a record that was lost since: then there is nothing left to be out of order.
 *
 * Idempotence leaves one hole: a leader that does not know the producer takes any sequence (guarantees.ts, overtaking).
 * Offsets are compared as acknowledgements come; that they name the right records is acknowledged-records-survive.
 * Source: "max.in.flight.requests.per.connection" in the producer configs; nonmonotonic-send in Jepsen's Kafka checker.
 */
import { formatUs } from '../kernel/time.ts';
import { present } from '../kernel/assert.ts';
import { NO_OFFSET } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import { isCompletion } from '../history/history.ts';
import type { Completion, HistoryEntry } from '../history/history.ts';
import type { CheckContext, CheckedProducer, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { recordAt } from './compare-logs.ts';
import { Findings } from './findings.ts';
import { allowed, reordering } from './guarantees.ts';

export const producerOrder: Property = {
  name: 'producer-order',
  claim: 'a producer that cannot be overtaken by itself has its acknowledged records in the order in which it sent them',
  source: 'H-10, H-19; GD-4; max.in.flight.requests.per.connection, retries',
  kind: 'safety',
  appliesTo: ({ producers }) => producers.some(keepsOrder),
  check: (context) => new ProducerOrder(context),
};

/** Acknowledged records of one incarnation of one producer in one partition. */
interface Stream {
  readonly incarnation: number;
  /** The one that was sent last: enough while callbacks run in the order of sending. */
  readonly last: Completion;
}

/** `later` was sent after `earlier` and has a lower offset. */
interface Inversion {
  readonly earlier: Completion;
  readonly later: Completion;
  readonly partition: TrackedPartition;
}

type Streams = (Stream | undefined)[];

class ProducerOrder implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By node, then by partition id; undefined for producers that are not judged. */
  private readonly streams: readonly (Streams | undefined)[];
  /** Seen while no legitimate leader acted who could say whether both records are still there. */
  private undecided: readonly Inversion[];

  constructor(context: CheckContext, findings = new Findings(), undecided: readonly Inversion[] = [], streams = judgedProducers(context)) {
    this.context = context;
    this.findings = findings;
    this.streams = streams;
    this.undecided = undecided;
  }

  get violations(): number {
    return this.findings.violations;
  }

  observed(entry: HistoryEntry): void {
    if (!isCompletion(entry) || entry.observation.outcome !== 'ok' || entry.observation.offset === NO_OFFSET) return;
    const streams = this.streams[entry.node];
    if (streams === undefined) return;
    const partition = this.context.cluster.partition(entry.invocation.observation.topic, entry.observation.partition);
    const { incarnation } = entry.invocation;
    const stream = streams[partition.id];
    if (stream === undefined || stream.incarnation !== incarnation) {
      while (streams.length < partition.id) streams.push(undefined);
      streams[partition.id] = { incarnation, last: entry };
      return;
    }
    this.findings.compared += 1;
    const { last } = stream;
    // Callbacks run in the order of sending unless one overtakes the other, and then the offsets must agree with the sending.
    const isInOrder = entry.observation.sendId > last.observation.sendId;
    const [earlier, later] = isInOrder ? [last, entry] : [entry, last];
    if (later.observation.offset <= earlier.observation.offset) this.inverted({ earlier, later, partition }, entry.atUs, false);
    if (isInOrder) streams[partition.id] = { incarnation, last: entry };
  }

  /** Both records must still be there for their order to be wrong. */
  private inverted(inversion: Inversion, atUs: number, isFinal: boolean): void {
    const { earlier, later, partition } = inversion;
    if (partition.leader === undefined && !isFinal) {
      this.undecided = [...this.undecided, inversion];
      return;
    }
    const holds = (log: PartitionLog, completion: Completion): boolean => recordAt(log, completion.observation.offset)?.value === completion.invocation.observation.value;
    const logs = partition.survivingLogs();
    const log = logs.find((each) => holds(each, later));
    if (log === undefined || !logs.some((each) => holds(each, earlier))) return;
    const { config, trace } = this.context;
    const sender = present(config.producers.find(({ node }) => node === earlier.node), 'the producer');
    const reason = allowed({ kind: 'reordered', producer: sender, log, offset: later.observation.offset }, config, trace);
    if (reason !== undefined) {
      this.findings.expect(1, reason);
      return;
    }
    const producer = this.context.cluster.nameOf(earlier.node);
    const describe = ({ observation, invocation }: Completion): string =>
      `"${invocation.observation.value}" (sent at ${formatUs(invocation.atUs)}, offset ${observation.offset})`;
    this.findings.violated(atUs, () => ({
      sentence: `${producer} sent ${describe(earlier)} before ${describe(later)}, and both were acknowledged, but they stand in ${partition.name} the other way round`,
      details: {
        topicPartition: partition.name, producer, sendIds: [earlier.observation.sendId, later.observation.sendId],
        offsets: [earlier.observation.offset, later.observation.offset],
      },
    }));
  }

  verdict(endUs: number) {
    for (const inversion of this.undecided) this.inverted({ ...inversion, partition: this.present(inversion.partition) }, endUs, true);
    const { producers } = this.context.config;
    const unjudged = producers.filter((producer) => !keepsOrder(producer)).length;
    const remarks = unjudged === 0 ? [] : [`${unjudged} of ${producers.length} producers not judged: they retry with several requests in flight and without idempotence`];
    return this.findings.verdict(producerOrder, 'no producer whose order Kafka keeps had two records acknowledged in one partition', remarks);
  }

  /** The partition as this world has it: an inversion may have been found before a fork. */
  private present({ topic, partition }: TrackedPartition): TrackedPartition {
    return this.context.cluster.partition(topic, partition);
  }

  fork(context: CheckContext): Checker {
    return new ProducerOrder(context, this.findings.fork(), this.undecided, this.streams.map((streams) => streams?.slice()));
  }
}

function keepsOrder(producer: CheckedProducer): boolean {
  return reordering(producer) === undefined;
}

function judgedProducers({ config }: CheckContext): readonly (Streams | undefined)[] {
  const judged = new Set(config.producers.filter(keepsOrder).map(({ node }) => node));
  return config.nodes.map((_, node) => (judged.has(node) ? [] : undefined));
}
