/**
 * The properties a run is judged by, under the names that scenarios, verdicts and the command line use. The registry of
 * the checkers is their one source.
 */
import type { Property } from '../checkers/checker.ts';
import { PROPERTIES } from '../checkers/registry.ts';

export type PropertyDoc = Pick<Property, 'name' | 'claim' | 'source' | 'kind'>;

export const PROPERTY_DOCS: readonly PropertyDoc[] = PROPERTIES.map(({ name, claim, source, kind }) => ({ name, claim, source, kind }));

export const PROPERTY_NAMES: readonly string[] = PROPERTY_DOCS.map((property) => property.name);
