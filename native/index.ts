/**
 * Loader of the gradient kernel: a prebuilt module for this platform, then the local build. Returns the kernel, or
 * every reason why there is none; it never throws, because the studio works without it.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createKernel } from './kernel.ts';
import type { Binding, Kernel } from './kernel.ts';

export { KernelError } from './errors.ts';
export type {
  Encoder,
  EncoderInfo,
  EncoderOptions,
  Kernel,
  Reference,
  SimilarityGradient,
  Vjp,
} from './kernel.ts';
export type { Candidates, Scan, ScanOptions, ScanQuery, ScanRows } from './scan.ts';

export type Loaded = { readonly kernel: Kernel } | { readonly kernel: null; readonly reasons: string[] };

export interface LoaderOptions {
  /** Module files to try, in order, instead of the usual ones. */
  readonly files?: readonly string[];
}

/** Where a module may lie: beside this file, or in the unpacked part of a packaged application. */
function usualFiles(): string[] {
  const name = `prebuilds/${process.platform}-${process.arch}/native.node`;
  const built = 'native/build/native.node';
  // out/main/ of a bundle, or its chunks/ where several processes share this file.
  return [name, 'build/native.node', `../${built}`, `../../${built}`, `../../../${built}`]
    .map((file) => fileURLToPath(new URL(file, import.meta.url)))
    .map((file) => file.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked'));
}

/** What to say of a file: its last two parts, since a path of this machine belongs in no message. */
function shown(file: string): string {
  return file.split(/[\\/]/).slice(-2).join('/');
}

/** The kernel, or the reasons of every file that was tried. */
export function loadKernel(options: LoaderOptions = {}): Loaded {
  const require = createRequire(import.meta.url);
  const reasons: string[] = [];
  for (const file of options.files ?? usualFiles()) {
    if (!existsSync(file)) {
      reasons.push(`${shown(file)}: not there`);
      continue;
    }
    try {
      return { kernel: createKernel(require(file) as Binding) };
    } catch (error) {
      const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      reasons.push(`${shown(file)}: ${text.replaceAll(file, shown(file))}`);
    }
  }
  reasons.push('build it with "npm run postinstall" (needs CMake 3.22 and a C++17 compiler)');
  return { kernel: null, reasons };
}
