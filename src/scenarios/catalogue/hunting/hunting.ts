/**
 * Hunting scenarios: small clusters with Kafka's timeouts scaled down and the faults that one kind of bug needs. Each
 * mutant names the one it is caught in (mutants.ts); the protocol as it is holds in all of them.
 */
import { huntCatchingUp } from './catching-up.ts';
import { huntDelayedAlterPartition } from './delayed-alter-partition.ts';
import { huntFailStop } from './fail-stop.ts';
import { huntFlapping } from './flapping.ts';
import { huntTrailingHighWatermark } from './trailing-high-watermark.ts';

export const HUNTS = [
  { name: 'hunt_fail_stop', text: huntFailStop, files: {} },
  { name: 'hunt_flapping', text: huntFlapping, files: {} },
  { name: 'hunt_catching_up', text: huntCatchingUp, files: {} },
  { name: 'hunt_delayed_alter_partition', text: huntDelayedAlterPartition, files: {} },
  { name: 'hunt_trailing_high_watermark', text: huntTrailingHighWatermark, files: {} },
] as const;

export type HuntName = (typeof HUNTS)[number]['name'];
