/** What scans the vectors of this machine: the native scan where it is built, else WebAssembly; `doctor` tells which, and why. */
import { availableParallelism } from 'node:os';
import { loadKernel } from '#native';
import type { Scan } from '#native';
import type { DoctorReport } from '#contract';
import { nativeRows } from './services/catalog/index.ts';
import type { MakeRows } from './services/catalog/index.ts';

export interface VectorScan {
  /** Undefined: WebAssembly. */
  readonly rows: MakeRows | undefined;
  readonly check: DoctorReport['checks'][number];
}

const NAME = 'vector scan';

/** Loads the native module. */
export function vectorScan(load: typeof loadKernel = loadKernel, platform = process.platform): VectorScan {
  const instead = (why: string): VectorScan => ({
    rows: undefined,
    check: { name: NAME, state: 'warning', message: `WebAssembly, 1 thread; not native: ${why}` },
  });
  // native/src/mapped.cc knows no mapping there.
  if (platform === 'win32') return instead('index files are not mapped on Windows');
  const loaded = load();
  if (!loaded.kernel) return instead(loaded.reasons.join('; '));
  let scan: Scan;
  try {
    scan = loaded.kernel.scan;
  } catch (error) {
    return instead(error instanceof Error ? error.message : String(error));
  }
  return {
    rows: nativeRows((width) => scan.rows(width)),
    check: {
      name: NAME,
      state: 'ok',
      message: `native, ${scan.paths[0] ?? ''}, ${availableParallelism()} threads`,
    },
  };
}
