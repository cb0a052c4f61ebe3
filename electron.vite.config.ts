import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'electron-vite';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Electron's main process and the child processes that it starts; each becomes one file in out/main. */
const entries = Object.fromEntries(
  [
    ['main', 'main/electron/main.ts'],
    ['engine', 'main/engine/main.ts'],
    ['decode', 'main/decode/main.ts'],
  ].flatMap(([name, file]) => (name && file && existsSync(path(file)) ? [[name, path(file)]] : [])),
);

/**
 * The page is not built here but by vite.config.ts, because `serve` uses the same files. Packages stay outside the
 * bundle (electron-vite's default for `dependencies`): they hold native modules.
 */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      rollupOptions: {
        input: entries,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rollupOptions: {
        input: { index: path('preload/index.ts') },
        // A sandboxed preload must be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
});
