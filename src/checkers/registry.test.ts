import { describe, expect, it } from 'vitest';
import { PROPERTIES } from './registry.ts';
import { Stage } from './staging.ts';

describe('the registry', () => {
  it('names every property once, with a claim in one sentence and a source', () => {
    const names = PROPERTIES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, claim, source } of PROPERTIES) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(claim).toMatch(/^[a-z][^.]+$/);
      expect(source).not.toBe('');
    }
  });

  it('gives a verdict under its own name, vacuous with a reason when nothing happened', () => {
    for (const property of PROPERTIES) {
      const { property: name, claim, verdict, compared, evidence, note } = new Stage([property]).verdict();
      expect({ name, claim, verdict, compared, evidence }).toEqual({ name: property.name, claim: property.claim, verdict: 'vacuous', compared: 0, evidence: [] });
      expect(note).toBeTruthy();
    }
  });
});
