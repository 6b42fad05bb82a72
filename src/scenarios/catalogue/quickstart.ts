/** The smallest scenario that does something: a healthy cluster, four minutes long. */
export const quickstart = `scenario: quickstart
description: >
  A healthy cluster of three brokers, two sensors and one dashboard, for four minutes. Nothing breaks: every reading is
  acknowledged once all in-sync replicas have it, and read in order.
duration: 4m
seed: 1

cluster: { brokers: 3 }

topics:
  - { name: readings, partitions: 3, replicationFactor: 3, config: { min.insync.replicas: 2 } }

producers:
  - { name: sensor, count: 2, config: { acks: all } }

consumers:
  - { name: dashboard, topics: [readings], config: { auto.offset.reset: earliest } }

workload:
  - { producer: sensor, topic: readings, every: 500ms, jitter: 50ms, key: "sensor-{n}", value: "reading {i}", until: 2m }
`;
