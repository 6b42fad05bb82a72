/** A cluster of a hundred brokers and a thousand partitions, with a few crashes. */
export const hundredBrokers = `scenario: hundred_brokers
description: >
  A hundred brokers hold a thousand partitions, three replicas each, under light load. Three of them fail, one after the other,
  and come back; another leader is elected for every partition that they led.
story:
  source: KIP-500, KIP-631
  tells: In a cluster of a hundred brokers crashes of single brokers lose nothing.
  violates: []
seed: 1
duration: 20s

cluster:
  brokers: 100
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000 }

topics:
  - { name: gps, partitions: 1000, replicationFactor: 3, config: { min.insync.replicas: 2 } }

producers:
  - name: truck
    count: 5
    config: { acks: all, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: dashboard
    topics: [gps]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  - { producer: truck, topic: gps, every: 500ms, jitter: 100ms, start: 3s, until: 16s, key: "truck-{n}-{i}", value: "position {i}" }

network: { latency: { min: 200us, max: 1ms } }
disk: { flushLatency: { min: 1ms, max: 4ms } }

faults:
  - { at: 5s, crash: broker-17, restartAfter: 5s }
  - { at: 8s, powerLoss: broker-42, restartAfter: 4s }
  - { at: 11s, crash: broker-99, restartAfter: 2s }

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch]
`;
