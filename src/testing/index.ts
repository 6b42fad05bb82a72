/**
 * `harrow/testing`: properties of Kafka clusters in anybody's test suite. `check` draws cases, shrinks the first that fails
 * and throws what is to be read; the arbitraries are fast-check's. Runs in any test runner; `harrow/testing/vitest` adds
 * what is vitest's.
 */
export { check, run, PropertyVacuous, PropertyViolated } from './check.ts';
export type { Checked, PropertyOptions } from './check.ts';
export { configurations, faultPlans, scenarios, workloads } from './arbitraries.ts';
export type { ConfigSpace, FaultPlanOptions, WorkloadOptions } from './arbitraries.ts';
export type { Fault } from '../scenarios/faults.ts';
export type { RunResult } from '../scenarios/run-record.ts';
export type { Scenario } from '../scenarios/scenario.ts';
export type { Verdict } from '../history/verdict.ts';
