import { describe, expect, it } from 'vitest';
import type { Loaded } from '#native';
import { vectorScan } from '../../../main/vector-scan.ts';
import { createKernel } from '../../../native/kernel.ts';
import type { Binding } from '../../../native/kernel.ts';
import { kernel } from '../../native/support.ts';

describe('what scans the vectors', () => {
  it('is the native scan where it is built, and says so', () => {
    const { rows, check } = vectorScan(() => ({ kernel: kernel() }), 'linux');
    expect(check).toMatchObject({ name: 'vector scan', state: 'ok' });
    expect(check.message).toMatch(new RegExp(`^native, ${kernel().scan.paths[0] ?? ''}, \\d+ threads$`));
    expect(rows?.(16).name).toBe(`native, ${kernel().scan.paths[0] ?? ''}`);
  });

  it('is WebAssembly elsewhere, with every reason', () => {
    const none = (): Loaded => ({ kernel: null, reasons: ['build/native.node: not there', 'build it'] });
    expect(vectorScan(none, 'linux')).toEqual({
      rows: undefined,
      check: {
        name: 'vector scan',
        state: 'warning',
        message: 'WebAssembly, 1 thread; not native: build/native.node: not there; build it',
      },
    });
    const old = createKernel({ paths: () => ['reference'] } as unknown as Binding);
    expect(vectorScan(() => ({ kernel: old }), 'linux').check.message).toMatch(/older than the scan/);
    expect(vectorScan(() => ({ kernel: kernel() }), 'win32').check.message).toMatch(/Windows/);
  });
});
