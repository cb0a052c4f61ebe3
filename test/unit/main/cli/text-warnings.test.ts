import { describe, expect, it } from 'vitest';
import { textWarnings } from '../../../../main/cli/text-warnings.ts';

describe('warnings of a sentence', () => {
  it('are none when every word is read', () => {
    expect(textWarnings('a red beard', { cutAt: null, unknown: [] })).toEqual([]);
  });

  it('name each unknown word once, and the end that is not read', () => {
    const unknown = ['zzz', 'qqq', 'zzz'].map((word) => ({ start: 0, end: 3, word }));
    const lines = textWarnings('zzz qqq zzz and the rest ', { cutAt: 16, unknown });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('"zzz", "qqq";');
    expect(lines[1]).toContain('"the rest"');
  });
});
