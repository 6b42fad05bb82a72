/**
 * L-03: every send is settled: by `max.block.ms` and `delivery.timeout.ms` after the call the application has an
 * acknowledgement or an error. Judged at the end, of calls that had that long; a call whose process died has no callback to
 * wait for.
 *
 * Source: L-03; KIP-91 (`delivery.timeout.ms`); WriteAcceptedOrRejected of the KIP-966 specification.
 */
import { formatUs, usOfMs } from '../kernel/time.ts';
import type { Send } from '../history/history.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';
import { sendBoundMs } from './liveness-bound.ts';

export const sendsSettle: Property = {
  name: 'sends-settle',
  claim: 'every send has an acknowledgement or an error once its time is up',
  source: 'L-03; KIP-91',
  kind: 'liveness',
  appliesTo: ({ liveness, producers }) => liveness !== null && producers.length > 0,
  check: (context) => new SendsSettle(context),
};

class SendsSettle implements Checker {
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
    const { config, cluster, history, quiet } = this.context;
    const rest = quiet.restAt(endUs);
    if (typeof rest === 'string') return this.findings.verdict(sendsSettle, rest);
    const limitsUs = new Map(config.producers.map((producer) => [producer.node, Math.min(rest.owedFromUs, endUs - usOfMs(sendBoundMs(producer.config)))]));
    for (const send of history.sends()) {
      if (send.completed !== undefined) {
        this.findings.compared += 1;
        continue;
      }
      const limitUs = limitsUs.get(send.node);
      if (limitUs === undefined || send.invokedAtUs > limitUs) continue;
      if (!cluster.isUp(send.node) || send.incarnation !== history.incarnationOf(send.node)) continue;
      this.findings.compared += 1;
      this.unsettled(send, endUs);
    }
    return this.findings.verdict(sendsSettle, 'nothing was sent, or nothing long enough before the end');
  }

  private unsettled({ node, sendId, topic, value, invokedAtUs }: Send, endUs: number): void {
    const producer = this.context.cluster.nameOf(node);
    this.findings.violated(endUs, () => ({
      sentence: `${producer} sent "${value}" to ${topic} at ${formatUs(invokedAtUs)} and has neither an acknowledgement nor an error`,
      details: { producer, sendId, topic, value, invokedAtUs },
    }));
  }

  fork(context: CheckContext): Checker {
    return new SendsSettle(context, this.findings.fork());
  }
}
