/**
 * The brokers that the metadata log has registered, as a list that rises by id, and what each of the log's records makes
 * of it. Records that do not fit throw AssertionFailed: the log holds only what a controller derived from such a list.
 *
 * Left out: listeners, racks, features, log directories.
 *
 * Source: ClusterControlManager.replay, ClusterDelta, BrokerRegistration.
 */
import { assert, present } from '../kernel/assert.ts';
import { hex64 } from '../kernel/hash.ts';
import type { BrokerEpoch, NodeId } from './ids.ts';
import { FENCE, IN_CONTROLLED_SHUTDOWN, NO_CHANGE, UNFENCE } from './metadata-records.ts';
import type {
  BrokerRegistrationChangeRecord,
  IncarnationId,
  RegisterBrokerRecord,
  UnregisterBrokerRecord,
} from './metadata-records.ts';

export interface BrokerRegistration {
  readonly id: NodeId;
  readonly epoch: BrokerEpoch;
  readonly incarnationId: IncarnationId;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

/** Of one process of a broker: nobody else's, and known by it which process of the node that is. */
export function incarnationIdOf(draw: number, incarnation: number): IncarnationId {
  return hex64(draw, incarnation);
}

/** Which process of its node registered with this id, counted from 1; NaN of one that `incarnationIdOf` did not make. */
export function incarnationOf(incarnationId: IncarnationId): number {
  return Number.parseInt(incarnationId.slice(LOWER_HALF), 16);
}

const LOWER_HALF = 8;

type Brokers = readonly BrokerRegistration[];

/** Can be elected and placed: unfenced and not shutting down (ClusterControlManager.isActive). */
export function isActive(broker: BrokerRegistration | undefined): boolean {
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
}

/** The registration of a broker in a list that rises by id, as an image has it. O(log brokers): it is asked with every fetch. */
export function registrationOf(brokers: Brokers, id: NodeId): BrokerRegistration | undefined {
  const broker = brokers[placeOf(brokers, id)];
  return broker !== undefined && broker.id === id ? broker : undefined;
}

/** First place in `brokers` with an id at or above `id`. */
function placeOf(brokers: Brokers, id: NodeId): number {
  let low = 0;
  let high = brokers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((brokers[middle] as BrokerRegistration).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function registered(brokers: Brokers, record: RegisterBrokerRecord): Brokers {
  const { brokerId: id, brokerEpoch: epoch, incarnationId, fenced, inControlledShutdown } = record;
  const existing = registrationOf(brokers, id);
  assert(
    existing === undefined ||
      epoch > existing.epoch ||
      (epoch === existing.epoch && incarnationId === existing.incarnationId),
    () => `broker ${id} registered in epoch ${epoch} after epoch ${existing?.epoch}`,
  );
  return brokers.toSpliced(placeOf(brokers, id), existing === undefined ? 0 : 1, {
    id,
    epoch,
    incarnationId,
    fenced,
    inControlledShutdown,
  });
}

export function unregistered(brokers: Brokers, record: UnregisterBrokerRecord): Brokers {
  const broker = knownBroker(brokers, record.brokerId, record.brokerEpoch, record.type);
  return brokers.filter((each) => each !== broker);
}

/** FENCE and UNFENCE say so whatever was before; nothing but a new registration ends a controlled shutdown. */
export function registrationChanged(brokers: Brokers, record: BrokerRegistrationChangeRecord): Brokers {
  const broker = knownBroker(brokers, record.brokerId, record.brokerEpoch, record.type);
  assert(
    record.fenced !== NO_CHANGE || record.inControlledShutdown !== NO_CHANGE,
    () => `${record.type} of broker ${broker.id} changes nothing`,
  );
  return brokers.with(placeOf(brokers, broker.id), {
    ...broker,
    fenced: record.fenced === FENCE || (record.fenced !== UNFENCE && broker.fenced),
    inControlledShutdown: record.inControlledShutdown === IN_CONTROLLED_SHUTDOWN || broker.inControlledShutdown,
  });
}

function knownBroker(brokers: Brokers, id: NodeId, epoch: BrokerEpoch, what: string): BrokerRegistration {
  const broker = present(registrationOf(brokers, id), `${what}: registration of broker ${id}`);
  assert(
    broker.epoch === epoch,
    () => `${what} of broker ${id} in epoch ${epoch}, registered in epoch ${broker.epoch}`,
  );
  return broker;
}
