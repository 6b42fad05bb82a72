import { describe, expect, it } from 'vitest';
import { NEVER_US } from '../kernel/time.ts';
import { MetadataImage } from '../kafka/metadata.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';
import { Judge } from './judge.ts';
import { ACT_US, READER, Stage, TOPIC, stagedConfig } from './staging.ts';

const QUIET_FROM_US = 50 * ACT_US;

type Hook<Name extends keyof Checker> = NonNullable<Checker[Name]>;

/** Notes every call that it gets, and what it saw at its only alarm. */
class Witness implements Checker {
  readonly violations = 0;
  readonly calls: string[] = [];
  alarmAtUs = QUIET_FROM_US;
  private readonly context: CheckContext;

  constructor(context: CheckContext) {
    this.context = context;
  }

  replicaChanged: Hook<'replicaChanged'> = ({ brokerId, log }) => this.calls.push(`broker-${brokerId} at ${log.logEndOffset}`);
  registrationChanged: Hook<'registrationChanged'> = ({ name }, before, after) => this.calls.push(`${name} from epoch ${before?.partitionEpoch} to ${after.partitionEpoch}`);
  leaderChanged: Hook<'leaderChanged'> = ({ leader }) => this.calls.push(`led by ${leader?.brokerId ?? 'nobody'}`);
  observed: Hook<'observed'> = ({ index, observation }) => this.calls.push(`${index} ${observation.type}`);
  processStarted: Hook<'processStarted'> = (node) => this.calls.push(`${node} started`);

  alarm(atUs: number): void {
    this.calls.push(`alarm at ${atUs / ACT_US} with ${this.context.cluster.partitions[0]?.leader?.log.logEndOffset} appended`);
    this.alarmAtUs = NEVER_US;
  }

  verdict() {
    return new Findings().verdict(property, 'a witness judges nothing');
  }

  fork(context: CheckContext): Checker {
    return new Witness(context);
  }
}

let witness: Witness | undefined;
const property: Property = {
  name: 'wit-ness', claim: 'none', source: 'none', kind: 'safety',
  check: (context) => {
    witness = new Witness(context);
    return witness;
  },
};

/** What the witness heard while `act` was on. */
function heard(act: (stage: Stage) => void, stage = Stage.ready([property])): readonly string[] {
  const from = witness?.calls.length ?? 0;
  act(stage);
  return witness?.calls.slice(from) ?? [];
}

describe('the judge', () => {
  it('brings everything up to date before it tells of a change', () => {
    expect(heard((stage) => stage.append(1, ['a', 'b']))).toEqual(['broker-1 at 2']);
    expect(heard((stage) => stage.reset(READER, 0))).toEqual(['0 position.reset']);
    expect(heard((stage) => stage.start(1, 2))).toEqual(['1 started']);
  });

  it('deposes a leader with the word of the controller, and installs the next one when it acts', () => {
    expect(heard((stage) => {
      stage.elect(2, [2, 3]);
      stage.append(1, ['zombie']);
      stage.lead(2);
    })).toEqual(['orders-0 from epoch 0 to 1', 'led by nobody', 'broker-1 at 1', 'led by 2', 'broker-2 at 0']);
  });

  it('shows at an alarm the state as it was before the change that comes after it', () => {
    expect(heard((stage) => {
      stage.append(1, ['a']);
      stage.waitUntil(QUIET_FROM_US);
      stage.append(1, ['b']);
    })).toEqual(['broker-1 at 1', 'alarm at 50 with 1 appended', 'broker-1 at 2']);
  });

  it('rings an alarm at the end when nothing else happened after it', () => {
    expect(heard((stage) => {
      stage.waitUntil(QUIET_FROM_US + 1);
      stage.verdict();
    })).toEqual(['alarm at 50 with 0 appended']);
  });

  it('takes no notice of the older images that a restarted controller replays', () => {
    const judge = new Judge(stagedConfig(), []);
    const older = MetadataImage.empty()
      .apply({ type: 'TopicRecord', name: TOPIC, topicId: 'id' }, 0)
      .apply({ type: 'PartitionRecord', topicId: 'id', partitionId: 0, replicas: [1], isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED' }, 1);
    const newer = older.apply({ type: 'PartitionChangeRecord', topicId: 'id', partitionId: 0, isr: null, leader: -1, replicas: null, leaderRecoveryState: null }, 2);
    for (const image of [older, newer, MetadataImage.empty(), older, newer]) judge.imageCommitted(image, 1);
    expect(judge.cluster.image).toBe(newer);
    expect(judge.cluster.partitions[0]?.registration).toMatchObject({ leader: -1, leaderEpoch: 1 });
  });

  it('gives its verdicts once', () => {
    const judge = new Judge(stagedConfig(), []);
    expect(judge.verdicts(1)).toEqual([]);
    expect(() => judge.verdicts(2)).toThrow('the verdicts of a run are given once');
  });
});
