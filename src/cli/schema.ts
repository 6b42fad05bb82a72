/** `harrow schema`: the JSON Schema of scenarios, for editors. */
import { scenarioJsonSchema } from '../scenarios/schema.ts';
import { EXIT_HELD } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Outside } from './outside.ts';

export function schemaCommand(outside: Outside): ExitCode {
  outside.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  return EXIT_HELD;
}
