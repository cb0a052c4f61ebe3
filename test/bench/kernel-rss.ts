/** Loads a weights file, takes one VJP and prints the peak memory of the process: kernel-rss.ts FILE THREADS CHECKPOINT. */
import { kernel, uniform } from '../native/support.ts';

const [file = '', threads = '1', checkpoint = 'false'] = process.argv.slice(2);
const encoder = await kernel().loadEncoder(file, {
  threads: Number(threads),
  checkpoint: checkpoint === 'true',
});
const { imageSize, dims } = encoder.info();
await encoder.vjp(uniform(2, 3 * imageSize ** 2), uniform(3, dims));
console.log(JSON.stringify({ rssMiB: Math.round(process.resourceUsage().maxRSS / 1024) }));
