/**
 * The published stories: each comes out as its source describes, line by line as its golden trace says, and with the fix on
 * every safety property holds. A golden file is headed by the story and compared, never written; after a change that is
 * meant: HARROW_UPDATE_GOLDEN=1 npx vitest run properties/stories.test.ts, and read the difference.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../src/history/verdict.ts';
import { QUESTIONS } from '../src/scenarios/catalogue/questions/questions.ts';
import { STORIES as PUBLISHED, type StoryName as PublishedName } from '../src/scenarios/catalogue/stories/stories.ts';
import { tellingOf } from '../src/scenarios/catalogue/stories/telling.ts';
import { DEFAULT_PROFILE, PROFILE_NAMES, type ProfileName } from '../src/scenarios/profiles.ts';
import { PROPERTY_DOCS } from '../src/scenarios/properties.ts';
import type { RunResult } from '../src/scenarios/run-record.ts';
import type { Scenario } from '../src/scenarios/scenario.ts';
import { builtIn, run, scenarioOf } from './support/runs.ts';
import { Story } from './support/story.ts';

const RULE = '\n----\n';
const folder = join(import.meta.dirname, 'golden', 'stories');
const isUpdating = process.env['HARROW_UPDATE_GOLDEN'] === '1';
const SAFETY: readonly string[] = PROPERTY_DOCS.filter(({ kind }) => kind === 'safety').map(({ name }) => name);
const STORIES = [...PUBLISHED, ...QUESTIONS];
type StoryName = PublishedName | (typeof QUESTIONS)[number]['name'];
const NAMES = STORIES.map(({ name }) => name);

/** Too large to be read line by line. */
const WITHOUT_TRACE: readonly StoryName[] = ['hundred_brokers'];

interface Fix {
  readonly what: string;
  readonly fixed: (scenario: Scenario) => Scenario;
  /** What is lost or replaced all the same, which Kafka allows. */
  readonly allows?: readonly string[];
}

const profile = (name: ProfileName): Pick<Fix, 'what' | 'fixed'> => ({ what: `--profile ${name}`, fixed: (scenario) => ({ ...scenario, profile: name }) });
const withoutMutants: Pick<Fix, 'what' | 'fixed'> = { what: '--mutant none', fixed: ({ mutants: _, ...scenario }) => scenario };
const text = (name: StoryName): string => STORIES.find((story) => story.name === name)?.text ?? '';

const FIXES: Readonly<Partial<Record<StoryName, Fix>>> = {
  kip_101_loss: profile('0.11'),
  // The only in-sync replica has lost m2 with its disk: no protocol brings it back.
  kip_101_divergence: { ...profile('0.11'), allows: ['acknowledged-records-survive'] },
  // acks=1.
  kip_279_fast_failover: { ...profile('2.1'), allows: ['acknowledged-records-survive'] },
  kip_320_zombie_replica: { ...profile('2.1'), allows: ['acknowledged-records-survive'] },
  kip_497_maximal_isr: withoutMutants,
  kip_903_stale_proposal: profile('3.5'),
  kip_966_last_replica_standing: profile('4.1'),
  raft_figure_8: withoutMutants,
  jepsen_2013: {
    what: 'unclean.leader.election.enable=false',
    fixed: () => scenarioOf(text('jepsen_2013').replace('unclean.leader.election.enable: true', 'unclean.leader.election.enable: false')),
  },
};

function tell(scenario: Scenario): { readonly result: RunResult; readonly story: Story } {
  const story = new Story({ faults: scenario.faults, admin: scenario.admin });
  const result = run(scenario, scenario.seed ?? '1', { mutants: scenario.mutants ?? [], trace: story.tell });
  story.judge(result.verdicts, result.virtualMs * 1_000);
  return { result, story };
}

/** The scenario judged by every safety property. */
function judged(scenario: Scenario): readonly Verdict[] {
  return run({ ...scenario, checks: SAFETY }, scenario.seed ?? '1', { mutants: scenario.mutants ?? [] }).verdicts;
}

const violated = (verdicts: readonly Verdict[]): string[] => verdicts.flatMap(({ property, verdict, evidence }) => (verdict === 'violated' ? [`${property}: ${evidence[0]?.sentence}`] : []));

describe('a published story', () => {
  it.each(NAMES.filter((name) => !WITHOUT_TRACE.includes(name)))('%s comes out as told, step by step', (name) => {
    const scenario = builtIn(name);
    const { result, story } = tell(scenario);
    const { source, tells } = scenario.story ?? { source: '', tells: '' };
    const head = `# ${name}: ${tells}\n# ${source}. The steps are in the scenario: src/scenarios/catalogue/${QUESTIONS.some((question) => question.name === name) ? 'questions' : 'stories'}/${name.replaceAll('_', '-')}.ts`;
    const told = `${head}${RULE}${story.lines.join('\n')}\n`;
    const path = join(folder, `${name}.golden.txt`);
    if (isUpdating) writeFileSync(path, told);
    else expect(told).toBe(existsSync(path) ? readFileSync(path, 'utf8') : '');
    expect(scenario.story && tellingOf(scenario.story, result.verdicts).differences).toEqual([]);
    // A property that compared nothing tells nothing.
    expect(result.verdicts.filter(({ verdict }) => verdict === 'vacuous').map(({ property }) => property)).toEqual([]);
    expect(result.faults.filter(({ outcome }) => outcome !== 'applied')).toEqual([]);
    expect(result.admin.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  });

  it('has a golden trace, and there is none without a story', () => {
    expect(readdirSync(folder).sort()).toEqual(NAMES.filter((name) => !WITHOUT_TRACE.includes(name)).map((name) => `${name}.golden.txt`).sort());
  });

  it('that ends badly has a fix', () => {
    const bad = NAMES.filter((name) => builtIn(name).story?.violates.length !== 0);
    expect(Object.keys(FIXES)).toEqual(expect.arrayContaining(bad));
  });

  it.each(Object.entries(FIXES).map(([name, fix]) => ({ name, ...fix })))('$name holds with $what', ({ name, fixed, allows = [] }) => {
    const scenario = fixed(builtIn(name));
    const verdicts = judged(scenario);
    expect(violated(verdicts)).toEqual([]);
    const told = scenario.story ?? { source: '', tells: '', violates: [] };
    // Not as told any more: unless something is given away in any case, nothing is.
    expect(tellingOf({ ...told, violates: [], allows: SAFETY.filter((property) => property === 'acknowledged-records-survive') }, verdicts).isAsTold).toBe(allows.length > 0);
    expect(tellingOf(told, verdicts).isAsTold).toBe(false);
  });

  it.each(NAMES.filter((name) => FIXES[name] === undefined))('%s holds, judged by every safety property', (name) => {
    const verdicts = judged(builtIn(name));
    expect(violated(verdicts)).toEqual([]);
    expect(verdicts.find(({ property }) => property === 'acknowledged-records-survive')?.compared).toBeGreaterThan(0);
  });

  const NEWEST = PROFILE_NAMES.at(-1) as ProfileName;

  it.each(NAMES.filter((name) => FIXES[name] !== undefined && name !== 'jepsen_2013'))('%s holds under the default and the newest rules', (name) => {
    const { mutants: _, ...scenario } = builtIn(name);
    for (const profile of [DEFAULT_PROFILE, NEWEST]) expect(violated(judged({ ...scenario, profile })), profile).toEqual([]);
  });
});
