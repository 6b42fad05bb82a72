/** The cluster that the guarantees are shown on: small, with short timeouts, so that failovers fit into seconds. */

export interface Shown {
  /** Of the producer. */
  readonly producer?: string;
  /** Of the topic. */
  readonly topic?: string;
  /** What strikes. */
  readonly kinds?: string;
  readonly more?: string;
}

const CLIENT = 'request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300';

/** A scenario of 40 virtual seconds, the last third of it without faults. */
export function cluster({ producer = 'acks: all, max.in.flight.requests.per.connection: 1', topic = 'min.insync.replicas: 2', kinds = 'crash, powerLoss, pause, isolate, oneWay, slow, clog', more = '' }: Shown = {}): string {
  return `
scenario: guarantees
duration: 40s
cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 300, replica.lag.time.max.ms: 2000, replica.socket.timeout.ms: 1500, controller.socket.timeout.ms: 1500 }
topics: [{ name: orders, partitions: 2, replicationFactor: 3, config: { ${topic} } }]
producers: [{ name: shop, config: { ${CLIENT}, delivery.timeout.ms: 6000, max.block.ms: 3000, ${producer} } }]
consumers: [{ name: warehouse, topics: [orders], config: { ${CLIENT}, auto.offset.reset: earliest } }]
workload: [{ producer: shop, topic: orders, every: 100ms, jitter: 50ms, key: "customer-{i}", until: 28s }]
nemesis: { kinds: [${kinds}], maxDown: 1, meanInterval: 4s, faultDuration: { min: 300ms, max: 4s }, quietAfter: 24s }
${more}`;
}
