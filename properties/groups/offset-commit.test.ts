import { describe, expect, it } from 'vitest';
import { GroupCluster } from '../support/group-cluster.ts';

describe('committed offsets', () => {
  it('are kept for a consumer that assigned itself, and read back', () => {
    const cluster = new GroupCluster().startGroups();
    expect(cluster.offsets(1)).toEqual({});
    expect(cluster.commit(1, 7)).toBe('NONE');
    expect(cluster.commit(1, 3, '', -1, 1)).toBe('NONE');
    expect(cluster.offsets(1)).toEqual({ 0: 7, 1: 3 });
    expect(cluster.commit(1, 5), 'backwards, if the client wants it so').toBe('NONE');
    expect(cluster.offsets(1)).toEqual({ 0: 5, 1: 3 });
  });
});
