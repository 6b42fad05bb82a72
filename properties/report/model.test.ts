/**
 * What a report shows is what happened: watching changes nothing, every message is there with its fate, what a cause
 * caused comes after it, and the logs that the page rebuilds are the logs that the replicas had.
 */
import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel } from '../../src/report/model/codec.ts';
import { FIRST_MESSAGE, FLAG, OUTCOMES, REPLICA_EVENT, ROOT_CAUSES, type RunModel } from '../../src/report/model/model.ts';
import { buildModel } from '../../src/report/build-model.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { builtIn, scenarioOf } from '../support/runs.ts';
import { recordOf } from '../support/report-page.ts';
import { freshSeed } from '../support/seed.ts';

const DATAGRAMS = `
scenario: datagrams
duration: 20s
cluster: { brokers: 3 }
network: { mode: datagram, loss: 2/100, duplicate: 3/100, reorder: { ratio: 5/100, within: 20ms } }
topics: [{ name: orders, partitions: 2, replicationFactor: 3 }]
producers: [{ name: app }]
consumers: [{ name: reader, topics: [orders] }]
workload: [{ producer: app, topic: orders, every: 200ms, start: 3s, until: 15s, key: "k{i}", value: "v{i}" }]
`;

function watched(scenario: Scenario, seed: string): RunModel {
  const record = recordOf(scenario, seed);
  const { model, isExact } = buildModel(record, execute, 'harrow replay run.json');
  expect(isExact, 'a run that is watched is the run that is not').toBe(true);
  expect(model.tables.messages.rows - copiesIn(model)).toBe(record.result.messages);
  expect(model.meta.verdicts).toEqual(record.result.verdicts);
  return model;
}

function copiesIn({ tables: { messages } }: RunModel): number {
  let copies = 0;
  for (let i = 0; i < messages.rows; i += 1) if (((messages.flags[i] as number) & FLAG.copy) !== 0) copies += 1;
  return copies;
}

/** Offsets and leader epochs of each replica's log, as the events of the model build it. */
function logsOf({ meta, tables: { replicaEvents, batches } }: RunModel): string[][] {
  const logs: { base: number; end: number; epoch: number }[][] = meta.replicas.map(() => []);
  for (let i = 0; i < replicaEvents.rows; i += 1) {
    const log = logs[replicaEvents.replica[i] as number] as { base: number; end: number; epoch: number }[];
    const value = replicaEvents.value[i] as number;
    const kind = replicaEvents.kind[i];
    if (kind === REPLICA_EVENT.append) {
      const base = batches.baseOffset[value] as number;
      expect(base, 'a batch is appended at the end').toBeGreaterThanOrEqual(log.at(-1)?.end ?? 0);
      log.push({ base, end: base + (batches.count[value] as number), epoch: batches.epoch[value] as number });
    } else if (kind === REPLICA_EVENT.truncate || kind === REPLICA_EVENT.lose) {
      while ((log.at(-1)?.end ?? 0) > value) log.pop();
    }
  }
  return logs.map((log) => log.map(({ base, end, epoch }) => `${base}-${end}@${epoch}`));
}

function expectCausesBeforeEffects({ tables: { messages, transitions, replicaEvents, sends } }: RunModel): void {
  const handledUs = (cause: number): number => (cause < FIRST_MESSAGE ? 0 : (messages.handledAtUs[cause - FIRST_MESSAGE] as number));
  for (let i = 0; i < messages.rows; i += 1) {
    const cause = messages.cause[i] as number;
    expect(cause - FIRST_MESSAGE).toBeLessThan(i);
    expect(handledUs(cause)).toBeGreaterThanOrEqual(0);
    expect(messages.sentAtUs[i]).toBeGreaterThanOrEqual(handledUs(cause));
    if ((messages.handledAtUs[i] as number) >= 0) expect(messages.handledAtUs[i]).toBeGreaterThanOrEqual(messages.sentAtUs[i] as number);
  }
  for (let i = 0; i < transitions.rows; i += 1) expect(transitions.atUs[i]).toBeGreaterThanOrEqual(handledUs(transitions.cause[i] as number));
  for (let i = 0; i < replicaEvents.rows; i += 1) expect(replicaEvents.atUs[i]).toBeGreaterThanOrEqual(handledUs(replicaEvents.cause[i] as number));
  for (let i = 0; i < sends.rows; i += 1) if (sends.doneAtUs[i] !== -1) expect(sends.doneAtUs[i]).toBeGreaterThanOrEqual(handledUs(sends.cause[i] as number));
}

describe('the model of a run', () => {
  it('holds a run under faults: fates, causes, logs, and survives being written down', () => {
    const model = watched(builtIn('acks_1_leader_crash'), String(freshSeed()));
    const { messages, sends, records } = model.tables;
    expectCausesBeforeEffects(model);
    expect(decodeModel(encodeModel(model))).toEqual({ meta: JSON.parse(JSON.stringify(model.meta)) as unknown, tables: model.tables });
    const caused = messages.cause.filter((cause) => cause >= FIRST_MESSAGE).length;
    expect(caused / messages.rows, 'most messages are caused by others').toBeGreaterThan(0.6);
    expect(messages.cause.filter((cause) => cause === ROOT_CAUSES.indexOf('unknown')).length, 'the others know what else they came from').toBe(0);
    const answered = messages.answers.filter((request) => request >= 0).length;
    expect(answered / messages.rows, 'about half of all messages are answers').toBeGreaterThan(0.4);
    const acknowledged = [...sends.outcome].filter((outcome) => OUTCOMES[outcome] === 'ok').length;
    expect(acknowledged).toBeGreaterThan(10);
    expect(new Set(records.send).size, 'every acknowledged record is a record of some batch').toBeGreaterThanOrEqual(acknowledged);
  });

  it('rebuilds KIP-101’s logs: the record is in two of them, then in none, and another stands there', () => {
    const model = watched(builtIn('kip_101_loss'), '1');
    expect(logsOf(model)).toEqual([['0-1@0', '1-2@2'], ['0-1@0', '1-2@2'], ['0-1@0', '1-2@2']]);
    const { replicaEvents } = model.tables;
    const truncations = [...replicaEvents.kind].filter((kind) => kind === REPLICA_EVENT.truncate).length;
    expect(truncations).toBe(3);
  });

  it('tells lost, stalled and copied datagrams apart', () => {
    const model = watched(scenarioOf(DATAGRAMS), String(freshSeed()));
    const { messages } = model.tables;
    const flags = [...messages.flags];
    const share = (bit: number): number => flags.filter((flag) => (flag & bit) !== 0).length / messages.rows;
    expect(share(FLAG.lost)).toBeGreaterThan(0.005);
    expect(share(FLAG.lost)).toBeLessThan(0.06);
    expect(share(FLAG.copy)).toBeGreaterThan(0.01);
    for (let i = 0; i < messages.rows; i += 1) if (((flags[i] as number) & FLAG.lost) !== 0) expect(messages.handledAtUs[i]).toBe(-1);
    expectCausesBeforeEffects(model);
  });

  it('knows the states that machines were in, and draws the charts of those that ran', () => {
    const { meta, tables: { transitions } } = watched(builtIn('kip_101_loss'), '1');
    const replica = meta.charts.find(({ name }) => name === 'replica');
    expect(replica?.states.map(({ path }) => path)).toEqual(expect.arrayContaining(['Offline', 'Follower', 'Leader']));
    expect(replica?.edges).toContainEqual(expect.objectContaining({ from: 'Follower', to: 'Leader', event: 'partition.changed', count: 2 }));
    // Each machine's transitions follow one another.
    const state = new Map<number, string>();
    for (let i = 0; i < transitions.rows; i += 1) {
      const machine = transitions.machine[i] as number;
      if ((transitions.before[i] as number) >= 0) expect(meta.words[transitions.before[i] as number]).toBe(state.get(machine));
      state.set(machine, meta.words[transitions.after[i] as number] as string);
    }
    expect(new Set(meta.machines.map(({ chart }) => chart))).toEqual(new Set(meta.charts.map(({ name }) => name)));
  });
});
