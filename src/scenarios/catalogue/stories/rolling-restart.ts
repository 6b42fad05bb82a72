/** Every broker is restarted in turn, as for an upgrade: controlled shutdowns, and nobody but the clock notices. */
export const rollingRestart = `scenario: rolling_restart
description: >
  One broker after the other is asked to end and started again. Each gives up its leaderships first, flushes its logs and
  leaves its clean-shutdown marker behind; writes go on all the time, with an election where there used to be an outage.
story:
  source: KIP-631; Kafka documentation, 6.1 Graceful shutdown
  tells: In a rolling restart every leader hands over before it ends; nothing is lost, and no write waits for more than an election.
  violates: []
seed: 1
duration: 45s

cluster:
  brokers: 3
  config: { broker.session.timeout.ms: 2000, broker.heartbeat.interval.ms: 500, replica.fetch.backoff.ms: 200,
    replica.socket.timeout.ms: 2000, replica.high.watermark.checkpoint.interval.ms: 1000 }

topics:
  - { name: orders, assignment: [[broker-1, broker-2, broker-3]], config: { min.insync.replicas: 2 } }

producers:
  - name: app
    config: { acks: all, linger.ms: 0, max.in.flight.requests.per.connection: 1, request.timeout.ms: 2000,
      delivery.timeout.ms: 8000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

consumers:
  - name: reader
    topics: [orders]
    config: { auto.offset.reset: earliest, request.timeout.ms: 2000, retry.backoff.max.ms: 300, reconnect.backoff.max.ms: 300 }

workload:
  # Before, between and after; m1 and m2 meet a leader that has just gone.
  - { producer: app, topic: orders, every: 1ms, start: 3000ms, until: 3001ms, key: k, value: m0 }
  - { producer: app, topic: orders, every: 1ms, start: 5040ms, until: 5041ms, key: k, value: m1 }
  - { producer: app, topic: orders, every: 1ms, start: 17040ms, until: 17041ms, key: k, value: m2 }
  - { producer: app, topic: orders, every: 1ms, start: 38000ms, until: 38001ms, key: k, value: m3 }

network: { latency: { min: 20ms, max: 20ms } }
disk: { flushLatency: { min: 2ms, max: 2ms } }

faults:
  # 1. broker-1 leads: it asks the controller to let it go, and broker-2 leads before it has ended.
  # 2. broker-2 goes, and 3. broker-3: leadership moves to who is in the ISR.
  - { at: 5s, rollingRestart: [broker-1, broker-2, broker-3], every: 12s, restartAfter: 2s }

checks: [acknowledged-records-survive, reads-agree, committed-prefix-immutable, leader-completeness, truncation-safe, log-matching, one-leader-per-epoch, min-isr-on-ack, writes-accepted]
`;
