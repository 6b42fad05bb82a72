/** A hunting scenario: followers need many fetches to catch up, and leaders fail before they have. */
export const huntCatchingUp = `scenario: hunt_catching_up
description: >
  Three brokers, min.insync.replicas=1, and fetches of one batch each: a follower that was away takes many rounds to come
  back, while leaders crash (their page cache survives) and preferred leaders return every second.
duration: 60s

cluster:
  brokers: 3
  config:
    broker.session.timeout.ms: 1000
    broker.heartbeat.interval.ms: 200
    replica.lag.time.max.ms: 1000
    replica.socket.timeout.ms: 1500
    controller.socket.timeout.ms: 1500
    replica.fetch.backoff.ms: 200
    replica.fetch.max.bytes: 100
    replica.fetch.response.max.bytes: 100
    # Leaders return to the first replica at once, so that leaderships go to and fro.
    leader.imbalance.check.interval.seconds: 1

topics:
  - { name: orders, partitions: 2, replicationFactor: 3, config: { min.insync.replicas: 1 } }

producers:
  - name: shop
    config: { acks: all, enable.idempotence: false, max.in.flight.requests.per.connection: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }
  # acks=1 leaves records at the leader alone, which is what logs part by.
  - name: probe
    config: { acks: 1, request.timeout.ms: 1500, delivery.timeout.ms: 5000, max.block.ms: 3000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - { name: reader, topics: [orders], config: { auto.offset.reset: earliest, request.timeout.ms: 1500, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 } }

workload:
  - { producer: shop, topic: orders, every: 100ms, jitter: 50ms, key: "customer-{i}", value: "order {i}", until: 45s }
  - { producer: probe, topic: orders, every: 100ms, jitter: 50ms, key: "probe-{i}", value: "probe {i}", until: 45s }

nemesis:
  kinds: [crash, slow, isolate]
  maxDown: 2
  meanInterval: 1500ms
  faultDuration: { min: 200ms, max: 2500ms }
  stability: 100ms
  start: 3s
  quietAfter: 45s
`;
