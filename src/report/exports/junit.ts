/**
 * Verdicts as JUnit XML, which every CI shows: one test case per property. Violated is a failure with its evidence;
 * vacuous is skipped, for it was never put to the test.
 *
 * Source: the schema that Jenkins publishes for xUnit (junit-10.xsd). Characters that XML 1.0 has no place for become U+FFFD.
 */
import type { RunRecord } from '../../scenarios/run-record.ts';

export function junitXml(records: readonly RunRecord[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${records.map((record) => suite(record)).join('')}</testsuites>\n`;
}

function suite({ scenario, seed, code, harrow, result: { verdicts, digest, virtualMs } }: RunRecord): string {
  const failures = verdicts.filter(({ verdict }) => verdict === 'violated').length;
  const skipped = verdicts.filter(({ verdict }) => verdict === 'vacuous').length;
  const properties = Object.entries({ seed, profile: scenario.profile, digest, harrow, code, virtualMs: String(virtualMs) }).map(([name, value]) => `      <property name=${quoted(name)} value=${quoted(value)}/>\n`).join('');
  const cases = verdicts.map(({ property, claim, verdict, evidence, note }) => {
    const opening = `    <testcase classname=${quoted(scenario.name)} name=${quoted(property)} time="0"`;
    if (verdict === 'held') return `${opening}/>\n`;
    if (verdict === 'vacuous') return `${opening}>\n      <skipped message=${quoted(note ?? claim)}/>\n    </testcase>\n`;
    return `${opening}>\n      <failure message=${quoted(evidence[0]?.sentence ?? claim)} type="violated">${escaped(evidence.map(({ sentence }) => sentence).join('\n'))}</failure>\n    </testcase>\n`;
  }).join('');
  return `  <testsuite name=${quoted(`${scenario.name} seed ${seed}`)} tests="${verdicts.length}" failures="${failures}" errors="0" skipped="${skipped}" time="0">\n    <properties>\n${properties}    </properties>\n${cases}  </testsuite>\n`;
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '&quot;').replaceAll(/[\n\r\t]/g, ' ')}"`;
}

function escaped(text: string): string {
  return text.replaceAll(/[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
