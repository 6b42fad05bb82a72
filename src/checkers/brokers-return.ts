/**
 * L-05: a bound after the last fault every broker that is up, and was up a bound before the end, is registered and
 * unfenced, and every one of its replicas knows what the controller had committed about its partition by then.
 *
 * Excused is a broker that is locked out (cluster.ts): a dead process of it is registered in the place of the one that runs, or it
 * was unregistered while it ran.
 *
 * Left out: what the metadata caches of clients say. Source: L-05; EventuallyUnfenced, MetadataConverges of the KIP-966
 * specification; BrokerLifecycleManager.
 */
import { formatUs } from '../kernel/time.ts';
import type { NodeId } from '../kafka/ids.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';
import { sampled } from './quiet-end.ts';
import type { Sample } from './quiet-end.ts';
import { standing } from './standing.ts';

export const brokersReturn: Property = {
  name: 'brokers-return',
  claim: 'a bound after the last fault every live broker is unfenced and knows what the controller has committed',
  source: 'L-05; EventuallyUnfenced and MetadataConverges of the KIP-966 specification',
  kind: 'liveness',
  appliesTo: ({ liveness }) => liveness !== null,
  check: (context) => new BrokersReturn(context),
};

class BrokersReturn implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  verdict(endUs: number) {
    const { cluster, quiet } = this.context;
    const rest = quiet.restAt(endUs);
    if (typeof rest === 'string') return this.findings.verdict(brokersReturn, rest);
    for (const id of rest.sample.up) {
      if (!cluster.isUp(id)) continue;
      const lockedOut = cluster.lockedOut(id);
      if (lockedOut !== undefined) {
        this.findings.excuse(1, lockedOut);
        continue;
      }
      this.findings.compared += 1;
      const broker = cluster.image.broker(id);
      // A broker that shuts down in an orderly way is fenced in the end, and stays so.
      if (broker !== undefined && (!broker.fenced || broker.inControlledShutdown)) this.judgeReplicas(id, rest.sample, endUs);
      else this.stuck(endUs, id, `${cluster.nameOf(id)} has been up since ${formatUs(rest.sample.atUs)} at least, and is ${standing(cluster, id)} at the end`);
    }
    return this.findings.verdict(brokersReturn, 'no broker is up');
  }

  private judgeReplicas(id: NodeId, sample: Sample, endUs: number): void {
    for (const partition of this.context.cluster.partitions) {
      const owed = sampled(sample, partition).partitionEpoch;
      if (owed < 0 || partition.registration?.replicas.includes(id) !== true) continue;
      const known = partition.replicaOn(id)?.view?.partitionEpoch ?? -1;
      if (known < owed) this.stuck(endUs, id, `${this.context.cluster.nameOf(id)} knows partition epoch ${known} of ${partition.name}, of which ${owed} had been committed by ${formatUs(sample.atUs)}`);
    }
  }

  private stuck(endUs: number, id: NodeId, sentence: string): void {
    this.findings.violated(endUs, () => ({ sentence, details: { broker: this.context.cluster.nameOf(id), standing: standing(this.context.cluster, id) } }));
  }

  fork(context: CheckContext): Checker {
    return new BrokersReturn(context, this.findings.fork());
  }
}
