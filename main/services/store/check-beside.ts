/** SQLite's quick check in a thread of its own: it reads the whole file, and the host answers meanwhile. */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { AppError } from '#contract';
import { damageIn, damaged } from './open.ts';

export interface Check {
  /** Resolves when the catalog has passed; rejects with `catalog_damaged`, or with `link_closed` after `stop`. */
  readonly passed: Promise<void>;
  /** Gives up the check; resolves when the thread has ended, which waits for the page that it reads. */
  stop(): Promise<void>;
}

/** As text, since the studio comes as TypeScript files and as one bundle, and a file has another name in each. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
if (workerData.yields) require('node:os').setPriority(19);
try {
  const db = new (require(workerData.sqlite))(workerData.path, { readonly: true, fileMustExist: true });
  db.pragma('cell_size_check = ON');
  const verdict = db.pragma('quick_check(1)', { simple: true });
  db.close();
  parentPort.postMessage({ verdict });
} catch (error) {
  parentPort.postMessage({ code: error.code, message: error.message });
}`;

type Answer = { readonly verdict: string } | { readonly code?: string; readonly message: string };

/** Checks a catalog that is open in this process, over a connection that only reads. */
export function checkBeside(path: string): Check {
  const sqlite = createRequire(import.meta.url).resolve('better-sqlite3');
  // The check holds a core for seconds, while the first pages are looked at: it is to take what is left over. Only Linux
  // has a priority for a thread; elsewhere this would be the whole host's.
  const yields = process.platform === 'linux';
  const thread = new Worker(THREAD, { eval: true, workerData: { path, sqlite, yields } });
  let stop: (error: AppError) => void = () => undefined;
  const passed = new Promise<void>((resolve, reject) => {
    stop = reject;
    thread.once('message', (answer: Answer) => {
      if (!('verdict' in answer)) {
        const { code, message } = answer;
        reject(damageIn(Object.assign(new Error(message), { code })));
      } else if (answer.verdict === 'ok') resolve();
      else reject(damaged('its quick check failed'));
    });
    thread.once('error', reject);
    thread.once('exit', () => {
      reject(new AppError('internal', 'The check of the catalog ended without a verdict.'));
    });
  });
  passed.catch(() => undefined);
  return {
    passed,
    async stop() {
      stop(new AppError('link_closed', 'The studio is closing. Start it again and repeat the request.'));
      await thread.terminate();
    },
  };
}
