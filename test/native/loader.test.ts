/** The loader returns a kernel or every reason; worker threads come and go without harm. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { loadKernel } from '../../native/index.ts';
import { fixture, kernel, uniform } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'kernel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the loader', () => {
  it('tells every reason, without a path of this machine', () => {
    const broken = join(folder, 'native.node');
    writeFileSync(broken, 'no module');
    const loaded = loadKernel({ files: [join(folder, 'missing', 'native.node'), broken] });
    expect(loaded.kernel).toBeNull();
    if (loaded.kernel) return;
    expect(loaded.reasons).toHaveLength(3);
    expect(loaded.reasons[0]).toBe('missing/native.node: not there');
    expect(loaded.reasons[2]).toMatch(/npm run postinstall/);
    expect(loaded.reasons.join()).not.toContain(tmpdir());
  });

  it('lists the usable paths, the fastest first and the reference last', () => {
    const { paths } = kernel();
    expect(paths.at(-1)).toBe('reference');
    expect(new Set(paths).size).toBe(paths.length);
  });
});

/** A worker that loads an encoder, calls it `calls` times at once, and answers with the first number of the last. */
function startWorker(calls: number): Worker {
  const code = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(new URL('../../native/index.ts', import.meta.url).href)}).then(async ({ loadKernel }) => {
      const encoder = await loadKernel().kernel.loadEncoder(${JSON.stringify(fixture('hf-quick.safetensors'))});
      const image = new Float32Array(${3 * 16 * 16}).fill(0.5);
      parentPort.postMessage('ready');
      const all = Array.from({ length: ${calls} }, () => encoder.vjp(image, new Float32Array(24 * 50).fill(1)));
      const last = (await Promise.all(all)).at(-1);
      parentPort.postMessage(last.embedding[0]);
    });`;
  return new Worker(code, { eval: true });
}

describe('worker threads', () => {
  it('get the same numbers as the main thread, at the same time', async () => {
    const encoder = await kernel().loadEncoder(fixture('hf-quick.safetensors'));
    const worker = startWorker(3);
    const answer = new Promise((resolve, reject) => {
      worker.on('message', (message) => typeof message === 'number' && resolve(message));
      worker.on('error', reject);
    });
    const image = new Float32Array(3 * 16 * 16).fill(0.5);
    for (let i = 0; i < 20; i++) await encoder.embed(image);
    expect(await answer).toBe((await encoder.embed(image))[0]);
    await worker.terminate();
  });

  it('may be terminated in the middle of calls', async () => {
    for (let i = 0; i < 5; i++) {
      const worker = startWorker(200);
      await new Promise((resolve) => worker.once('message', resolve));
      await new Promise((resolve) => setTimeout(resolve, 3 * i));
      await worker.terminate();
    }
    const encoder = await kernel().loadEncoder(fixture('hf-quick.safetensors'));
    expect(await encoder.embed(uniform(1, 3 * 16 * 16))).toHaveLength(24);
  });
});
