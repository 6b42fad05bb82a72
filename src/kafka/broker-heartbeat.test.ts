import { describe, expect, it } from 'vitest';
import { nextBrokerState } from './broker-heartbeat.ts';
import type { BrokerControlState, HeartbeatContext } from './broker-heartbeat.ts';

type Wishes = Parameters<typeof nextBrokerState>[1];

const wishes = (fields: Partial<Wishes>): Wishes => ({
  currentMetadataOffset: 100,
  wantFence: false,
  wantShutDown: false,
  ...fields,
});
const context = (fields: Partial<HeartbeatContext>): HeartbeatContext => ({
  registerBrokerRecordOffset: 50,
  hasLeaderships: false,
  controlledShutdownOffset: 90,
  lowestActiveOffset: 80,
  ...fields,
});

describe('a broker’s state after its heartbeat', () => {
  const cases: readonly (readonly [
    sentence: string,
    BrokerControlState,
    Partial<Wishes>,
    Partial<HeartbeatContext>,
    BrokerControlState,
  ])[] = [
    ['is unfenced once it has applied its own registration', 'FENCED', { currentMetadataOffset: 50 }, {}, 'UNFENCED'],
    ['stays fenced until then', 'FENCED', { currentMetadataOffset: 49 }, {}, 'FENCED'],
    ['stays fenced when it wants to', 'FENCED', { wantFence: true }, {}, 'FENCED'],
    ['shuts down at once when fenced', 'FENCED', { wantShutDown: true }, { hasLeaderships: true }, 'SHUTDOWN_NOW'],
    ['stays unfenced', 'UNFENCED', { currentMetadataOffset: 0 }, {}, 'UNFENCED'],
    ['is fenced when it asks for it', 'UNFENCED', { wantFence: true }, {}, 'FENCED'],
    [
      'shuts down at once when it asks for both',
      'UNFENCED',
      { wantFence: true, wantShutDown: true },
      { hasLeaderships: true },
      'SHUTDOWN_NOW',
    ],
    [
      'first gives its leaderships away',
      'UNFENCED',
      { wantShutDown: true },
      { hasLeaderships: true },
      'CONTROLLED_SHUTDOWN',
    ],
    ['shuts down at once when it leads nothing', 'UNFENCED', { wantShutDown: true }, {}, 'SHUTDOWN_NOW'],
    [
      'waits while it still leads',
      'CONTROLLED_SHUTDOWN',
      { wantShutDown: true },
      { hasLeaderships: true, lowestActiveOffset: 1_000 },
      'CONTROLLED_SHUTDOWN',
    ],
    [
      'waits until every active broker knows the new leaders',
      'CONTROLLED_SHUTDOWN',
      { wantShutDown: true },
      { lowestActiveOffset: 89 },
      'CONTROLLED_SHUTDOWN',
    ],
    [
      'shuts down when they all do',
      'CONTROLLED_SHUTDOWN',
      { wantShutDown: true },
      { lowestActiveOffset: 90 },
      'SHUTDOWN_NOW',
    ],
    [
      'shuts down when no other broker is active',
      'CONTROLLED_SHUTDOWN',
      { wantShutDown: true },
      { lowestActiveOffset: Number.POSITIVE_INFINITY },
      'SHUTDOWN_NOW',
    ],
    ['is told again to shut down', 'SHUTDOWN_NOW', {}, {}, 'SHUTDOWN_NOW'],
  ];
  it.each(cases)('%s', (_, current, wish, around, next) => {
    expect(nextBrokerState(current, wishes(wish), context(around))).toBe(next);
  });
});
