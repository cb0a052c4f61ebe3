/**
 * Opens a catalog and kills itself at one of its statements: `node host-store-child.ts FOLDER MIGRATIONS WHEN NUMBER`.
 * MIGRATIONS is `first` or `second`, WHEN `before` or `after`, NUMBER counts the statements from 1; 0 never kills and
 * prints how many there were. `race` instead of a migration takes the lease, tells so, and holds it until it is killed.
 */
import Database from 'better-sqlite3';
import type { AppError } from '../../contract/index.ts';
import { MIGRATIONS, openStore, takeLease } from '../../main/services/store/index.ts';
import { SECOND } from './host-migrations.ts';

const [folder = '', what = 'first', when = 'before', number = '0'] = process.argv.slice(2);

if (what === 'race') {
  const began = performance.now();
  try {
    const release = takeLease(folder, Number(when));
    process.stdout.write(`${JSON.stringify({ taken: true })}\n`);
    process.stdin.once('data', () => {
      release();
      process.exit(0);
    });
  } catch (error) {
    const { code, details, message } = error as AppError;
    process.stdout.write(
      `${JSON.stringify({ taken: false, code, details, message, ms: performance.now() - began })}\n`,
    );
  }
} else {
  let count = 0;
  const at = Number(number);
  const watched = <T>(work: () => T): T => {
    count++;
    if (count === at && when === 'before') process.kill(process.pid, 'SIGKILL');
    const out = work();
    if (count === at) process.kill(process.pid, 'SIGKILL');
    return out;
  };
  type Wrapped = (this: unknown, ...args: unknown[]) => unknown;
  const methods = Database.prototype as unknown as Record<'exec' | 'pragma', Wrapped>;
  for (const name of ['exec', 'pragma'] as const) {
    const original = methods[name];
    methods[name] = function (...args) {
      return watched(() => original.apply(this, args));
    };
  }
  const db = openStore(folder, what === 'second' ? [...MIGRATIONS, SECOND] : MIGRATIONS);
  db.close();
  process.stdout.write(String(count));
}
