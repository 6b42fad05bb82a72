/** `harrow schema [WHAT]`: the JSON Schema of scenarios, for editors, or of the lines of a history. */
import { historyLineSchema } from '../history/recorded/format.ts';
import { meant, oneOf } from '../scenarios/problems.ts';
import { scenarioJsonSchema } from '../scenarios/schema.ts';
import { EXIT_HELD, UsageError } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Outside } from './outside.ts';

const SCHEMAS: Readonly<Record<string, () => object>> = { scenario: scenarioJsonSchema, history: historyLineSchema };

export function schemaCommand(what: string | undefined, outside: Outside): ExitCode {
  const names = Object.keys(SCHEMAS);
  const schema = Object.hasOwn(SCHEMAS, what ?? 'scenario') ? SCHEMAS[what ?? 'scenario'] : undefined;
  if (schema === undefined) throw new UsageError(`schema ${what ?? ''}: no such schema; expected ${oneOf(names)}${meant(what ?? '', names)}`);
  outside.stdout.write(`${JSON.stringify(schema(), null, 2)}\n`);
  return EXIT_HELD;
}
