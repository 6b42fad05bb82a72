/**
 * What is exported is read by what reads it: JSON by JSON.parse and the rules of the Trace Event Format, XML and the text of
 * ShiViz by a browser's own parsers where there is one, EDN and Mermaid by the grammar that their documentation gives.
 */
import { describe, expect, it } from 'vitest';
import { githubSummary } from '../../src/report/exports/github.ts';
import { jepsenHistory } from '../../src/report/exports/jepsen.ts';
import { junitXml } from '../../src/report/exports/junit.ts';
import { mermaidDiagram } from '../../src/report/exports/mermaid.ts';
import { perfettoTrace } from '../../src/report/exports/perfetto.ts';
import { shivizLog, SHIVIZ_PATTERN } from '../../src/report/exports/shiviz.ts';
import type { RunModel } from '../../src/report/model/model.ts';
import { builtIn } from '../support/runs.ts';
import { modelOf, recordOf } from '../support/report-page.ts';
import { readEdn } from '../support/edn.ts';
import { readXml } from '../support/xml.ts';

const record = recordOf(builtIn('kip_101_loss'), '1');
const model = modelOf(record);
const HOSTILE = 'a "b" <c> & \u0000 ;\n]]> --> `x` | #1';
/** The same run with names that mean something in every syntax. */
const hostile: RunModel = { ...model, meta: { ...model.meta, nodes: model.meta.nodes.map((node) => ({ ...node, name: `${node.name} ${HOSTILE}` })), scenario: { ...model.meta.scenario, name: HOSTILE } } };

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: number | string;
  readonly cat?: string;
}

describe('a trace for Perfetto', () => {
  const { traceEvents } = JSON.parse([...perfettoTrace(hostile)].join('')) as { traceEvents: TraceEvent[] };

  it('has slices that do not overlap on their track but by nesting, and times that are whole microseconds', () => {
    const tracks = new Map<string, TraceEvent[]>();
    for (const event of traceEvents.filter(({ ph }) => ph === 'X')) {
      const key = `${event.pid}/${event.tid}`;
      tracks.set(key, [...(tracks.get(key) ?? []), event]);
    }
    expect(tracks.size).toBeGreaterThan(10);
    for (const slices of tracks.values()) {
      slices.sort((a, b) => a.ts - b.ts || (b.dur as number) - (a.dur as number));
      const open: number[] = [];
      for (const { ts, dur } of slices) {
        expect(Number.isInteger(ts) && Number.isInteger(dur)).toBe(true);
        while ((open.at(-1) ?? Infinity) <= ts) open.pop();
        expect(ts + (dur as number)).toBeLessThanOrEqual(open.at(-1) ?? Infinity);
        open.push(ts + (dur as number));
      }
    }
  });

  it('ends every flow and every async slice that it begins, in a slice that encloses the flow', () => {
    for (const [begin, end] of [['s', 'f'], ['b', 'e']] as const) {
      const ids = (ph: string): string[] => traceEvents.filter((event) => event.ph === ph).map(({ cat, id }) => `${cat ?? ''}/${String(id)}`).sort((a, b) => (a < b ? -1 : 1));
      expect(ids(begin)).toEqual(ids(end));
      expect(ids(begin).length).toBeGreaterThan(3);
    }
    const slices = new Set(traceEvents.filter(({ ph }) => ph === 'X').map(({ pid, tid, ts }) => `${pid}/${tid}/${ts}`));
    for (const { ph, pid, tid, ts } of traceEvents) if (ph === 's' || ph === 'f') expect(slices.has(`${pid}/${tid}/${ts}`)).toBe(true);
    expect(traceEvents.filter(({ ph }) => ph === 's')).toHaveLength([...model.tables.messages.handledAtUs].filter((at) => at >= 0).length);
    expect(traceEvents.filter(({ cat }) => cat === 'violation').length).toBe(record.result.verdicts.flatMap(({ evidence }) => evidence).length);
  });
});

describe('a log for ShiViz', () => {
  it('is read by the expression that comes with it, and its clocks are vector clocks', () => {
    const lines = shivizLog(hostile).trimEnd().split('\n');
    const expression = new RegExp(`^${SHIVIZ_PATTERN}$`);
    const last = new Map<string, Map<string, number>>();
    for (const line of lines) {
      const groups = expression.exec(line)?.groups;
      if (groups === undefined) throw new Error(`ShiViz would not read: ${line}`);
      const host = groups['host'] as string;
      const clock = new Map(Object.entries(JSON.parse(groups['clock'] as string) as Record<string, number>));
      const before = last.get(host) ?? new Map<string, number>();
      expect(clock.get(host), 'a host counts its own events').toBe((before.get(host) ?? 0) + 1);
      for (const [other, count] of before) expect(clock.get(other), 'no clock goes back').toBeGreaterThanOrEqual(count);
      for (const [other, count] of clock) if (other !== host) expect(last.get(other)?.get(other), 'nobody knows of what has not happened').toBeGreaterThanOrEqual(count);
      last.set(host, clock);
    }
    expect(lines.length).toBeGreaterThan(500);
  });
});

describe('a Mermaid diagram', () => {
  it('keeps to the grammar of sequence diagrams, whatever names say', () => {
    const [first, ...lines] = mermaidDiagram(hostile).trimEnd().split('\n');
    expect(first).toBe('sequenceDiagram');
    const text = String.raw`(?:[\p{L}\p{N} .,:/@()=_-]|#\d+;)+`;
    const grammar = new RegExp(String.raw`^  (?:participant n\d+ as ${text}|n\d+(?:->>|-->>|-x)n\d+: ${text}|Note over n\d+(?:,n\d+)?: ${text})$`, 'u');
    for (const line of lines) expect(line).toMatch(grammar);
    expect(lines.some((line) => line.includes('is cut at offset 1'))).toBe(true);
    expect(lines.filter((line) => line.includes('>>')).length).toBeLessThanOrEqual(40);
  });
});

describe('a history for Jepsen', () => {
  it('is EDN: every operation is invoked, then completed once, by a process that does one thing at a time', () => {
    const operations = readEdn(jepsenHistory(hostile)) as Map<string, unknown>[];
    const open = new Map<unknown, unknown>();
    let before = -1;
    operations.forEach((operation, index) => {
      expect(operation.get(':index')).toBe(index);
      expect(operation.get(':time')).toBeGreaterThanOrEqual(before);
      before = operation.get(':time') as number;
      const process = operation.get(':process');
      if (operation.get(':type') === ':invoke') {
        expect(open.has(process)).toBe(false);
        open.set(process, operation.get(':f'));
      } else {
        expect(open.get(process)).toBe(operation.get(':f'));
        open.delete(process);
      }
    });
    // The record that was lost: acknowledged at offset 1 as value 1, where value 2 was acknowledged later.
    const acknowledged = operations.filter((operation) => operation.get(':type') === ':ok' && operation.get(':f') === ':send').map((operation) => operation.get(':value'));
    expect(acknowledged).toEqual([[[':send', 0, [0, 0]]], [[':send', 0, [1, 1]]], [[':send', 0, [1, 2]]]]);
    const polls = operations.filter((operation) => operation.get(':type') === ':ok' && operation.get(':f') === ':poll').map((operation) => operation.get(':value'));
    expect(polls).toContainEqual([[':poll', new Map([[0, [[1, 1]]]])]]);
  });
});

describe('JUnit XML', () => {
  it('is XML, with a test case per property, failed where it is violated', () => {
    const [violated] = record.result.verdicts;
    const xml = junitXml([record, { ...record, scenario: { ...record.scenario, name: HOSTILE }, result: { ...record.result, verdicts: [...record.result.verdicts, { ...(violated as (typeof record.result.verdicts)[number]), verdict: 'vacuous', evidence: [], note: HOSTILE }] } }]);
    const root = readXml(xml);
    expect(root.name).toBe('testsuites');
    expect(root.children.map(({ name }) => name)).toEqual(['testsuite', 'testsuite']);
    const [plain, renamed] = root.children;
    expect(plain?.attributes).toMatchObject({ tests: '7', failures: '5', skipped: '0' });
    const cases = plain?.children.filter(({ name }) => name === 'testcase') ?? [];
    expect(cases.map(({ attributes }) => attributes['name'])).toEqual(record.result.verdicts.map(({ property }) => property));
    expect(cases.filter(({ children }) => children.some(({ name }) => name === 'failure'))).toHaveLength(5);
    expect(renamed?.attributes['name']).toBe(`${HOSTILE.replace('\u0000', '\ufffd').replace('\n', ' ')} seed 1`);
    expect(renamed?.attributes['skipped']).toBe('1');
  });
});

describe('a job summary', () => {
  it('is a table whose cells stay cells, with the diagram of a violated run', () => {
    const summary = githubSummary(hostile);
    const rows = summary.split('\n').filter((line) => line.startsWith('| '));
    for (const row of rows) expect(row.replaceAll(/\\./g, '').split('|')).toHaveLength(6);
    expect(rows).toHaveLength(1 + record.result.verdicts.length);
    expect(summary).toContain('```mermaid\nsequenceDiagram');
    expect(summary.split('\n').slice(0, summary.split('\n').indexOf('```mermaid')).join('\n')).not.toMatch(/<c>|[^\\]`x`/);
    expect(summary.length).toBeLessThan(1 << 20);
  });
});
