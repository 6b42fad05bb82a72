/**
 * The configs of an admin client that are obeyed here, with Kafka's defaults. A scenario cannot change them: the
 * administrator is part of the stage, not of what is studied.
 *
 * Source: AdminClientConfig, CommonClientConfigs.
 */
import type { NetworkConfig } from '../client/network-client.ts';

export interface AdminConfig extends NetworkConfig {
  /** How long an operation may take, attempts and backoffs together. */
  readonly defaultApiTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
}

export const DEFAULT_ADMIN_CONFIG: AdminConfig = {
  defaultApiTimeoutMs: 60_000,
  requestTimeoutMs: 30_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1_000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1_000,
};
