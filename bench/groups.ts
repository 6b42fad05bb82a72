/** Every group of figures, in the order of the table. */
import type { FigureGroup } from './figure.ts';
import { checkerFigures } from './figures/checkers.ts';
import { dayFigures } from './figures/day.ts';
import { engineFigures } from './figures/engines.ts';
import { eventFigures } from './figures/events.ts';
import { flagshipFigures } from './figures/flagship.ts';
import { forkFigures } from './figures/fork.ts';
import { growthFigures } from './figures/growth.ts';
import { messageFigures } from './figures/message.ts';
import { queueFigures } from './figures/queue.ts';
import { replicatedLogFigures } from './figures/replicated-log.ts';
import { reportFigures } from './figures/report.ts';
import { seedFigures } from './figures/seeds.ts';

export const GROUPS: readonly FigureGroup[] = [
  { name: 'statechart/replicated-log', measure: replicatedLogFigures },
  { name: 'statechart/events', measure: eventFigures },
  { name: 'kernel/message', measure: messageFigures },
  { name: 'kernel/queue', measure: queueFigures },
  { name: 'kernel/fork', measure: forkFigures },
  { name: 'cluster/flagship', measure: flagshipFigures },
  { name: 'checkers/cost', measure: checkerFigures },
  { name: 'explorer/seeds', measure: seedFigures },
  { name: 'cluster/growth', measure: growthFigures },
  { name: 'cluster/day', measure: dayFigures },
  { name: 'cluster/engines', measure: engineFigures },
  { name: 'report', measure: reportFigures },
];
