/** Loads a weights file, takes one VJP and prints the peak memory of the process: kernel-rss.ts FILE THREADS CHECKPOINT. */
import { readFileSync } from 'node:fs';
import { kernel, uniform } from '../native/support.ts';

const [file = '', threads = '1', checkpoint = 'false'] = process.argv.slice(2);
const encoder = await kernel().loadEncoder(file, {
  threads: Number(threads),
  checkpoint: checkpoint === 'true',
});
const { imageSize, dims } = encoder.info();
await encoder.vjp(uniform(2, 3 * imageSize ** 2), uniform(3, dims));
// The peak of this program alone: getrusage's maximum begins with what the process that started it had.
const own = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
console.log(JSON.stringify({ rssMiB: own ? Math.round(Number(own[1]) / 1024) : null }));
