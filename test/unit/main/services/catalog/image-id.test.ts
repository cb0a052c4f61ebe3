import { describe, expect, it } from 'vitest';
import { newImageId } from '../../../../../main/services/catalog/image-id.ts';

describe('ids of new images', () => {
  it('are UUIDs of version 7, each another, and sort by time', () => {
    const times = [1, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1];
    const ids = times.map(newImageId);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...ids].sort()).toEqual(ids);
    expect(ids.map((id) => parseInt(id.slice(0, 8) + id.slice(9, 13), 16))).toEqual(times);
    expect(new Set(Array.from({ length: 100 }, () => newImageId(5))).size).toBe(100);
  });
});
