/** Version ranges, as the package gates read them. Reference: node-semver's README, "Advanced Range Syntax". */
import { describe, expect, it } from 'vitest';
import { admitsNode, isExactVersion } from './version-range.ts';

describe('a version range', () => {
  it.each([
    ['>=20.19', '20.19.0', true],
    ['>=20.19', '20.18.9', false],
    ['>= 0.8', '20.19.0', true],
    ['>20', '20.19.0', false],
    ['>20.18', '20.19.0', true],
    ['<=20', '20.19.0', true],
    ['<20', '20.19.0', false],
    ['^18 || ^20 || >=22', '20.19.0', true],
    ['^18 || ^20 || >=22', '21.0.0', false],
    ['^20.19.0 || >=22.12.0', '20.19.0', true],
    ['^20.20.0 || >=22.12.0', '20.19.0', false],
    ['^0.2.3', '0.2.9', true],
    ['^0.2.3', '0.3.0', false],
    ['^0.0.3', '0.0.4', false],
    ['~20.19.1', '20.19.4', true],
    ['~20.19', '20.20.0', false],
    ['~20', '20.99.0', true],
    ['20', '20.19.0', true],
    ['20.x', '20.19.0', true],
    ['=20.19.0', '20.19.0', true],
    ['18 - 20', '20.19.0', true],
    ['18.0.0 - 20.18.0', '20.19.0', false],
    ['>=14 <20', '20.19.0', false],
    ['>=14 <24', '20.19.0', true],
    ['*', '20.19.0', true],
    ['', '20.19.0', true],
    ['x', '20.19.0', true],
    ['^14.18.0 || >=16.10.0', '20.19.0', true],
  ])('%s admits %s: %s', (range, version, expected) => {
    expect(admitsNode(range, version)).toBe(expected);
  });

  it('that cannot be read is an error and not a yes', () => {
    expect(() => admitsNode('>=twenty', '20.19.0')).toThrow('not a version');
    expect(() => admitsNode('1.2.3.4', '20.19.0')).toThrow('not a version');
  });

  it('is exact when it names one version', () => {
    expect(['1.2.3', '1.2.3-beta.4'].every(isExactVersion)).toBe(true);
    expect(['1.2', '^1.2.3', 'v1.2.3', '1.2.x', 'latest', '1.2.3 || 1.2.4'].some(isExactVersion)).toBe(false);
  });
});
