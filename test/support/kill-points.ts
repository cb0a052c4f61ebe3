/** Points in a job's life at which a host can be made to kill itself: before a statement of the catalog or a rename. */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import Database from 'better-sqlite3';

/** What a kill at the point must leave of a job: nothing, a job that waits, or one that was cut off. */
export type Left = 'nothing' | 'queued' | 'interrupted';

interface Point {
  readonly left: Left;
  /** Kills before the n-th statement (from 1) whose text and parameters fit. */
  readonly statement?: {
    readonly fits: (sql: string, args: readonly unknown[]) => boolean;
    readonly nth: number;
  };
  /** Kills before the n-th rename into the folder of the pictures. */
  readonly rename?: number;
}

const event = (type: string) => (sql: string, args: readonly unknown[]) =>
  sql.startsWith('INSERT INTO events') && args[2] === type;
const begins = (text: string) => (sql: string) => sql.startsWith(text);

export const KILL_POINTS: Readonly<Record<string, Point>> = {
  'before it is written': { left: 'nothing', statement: { fits: begins('INSERT INTO jobs'), nth: 1 } },
  'written and not committed': { left: 'nothing', statement: { fits: event('queued'), nth: 1 } },
  'accepted and not started': {
    left: 'queued',
    statement: { fits: begins('UPDATE jobs SET state ='), nth: 1 },
  },
  'started without its event': { left: 'interrupted', statement: { fits: event('started'), nth: 1 } },
  'in the middle of its steps': { left: 'interrupted', statement: { fits: event('step'), nth: 5 } },
  'before its first picture has its name': { left: 'interrupted', rename: 1 },
  'between its first and second picture': { left: 'interrupted', rename: 2 },
  'with all pictures and no row': {
    left: 'interrupted',
    statement: { fits: begins('INSERT INTO pairs'), nth: 1 },
  },
  'before its done event': { left: 'interrupted', statement: { fits: event('done'), nth: 1 } },
};

/** From now on this process ends at the point. Throws for a point that is not known. */
export function killAt(name: string): void {
  const point = KILL_POINTS[name];
  if (!point) throw new Error(`there is no kill point "${name}"`);
  const { statement, rename } = point;
  const die = (): void => {
    process.kill(process.pid, 'SIGKILL');
  };
  if (statement) {
    const memory = new Database(':memory:');
    const prototype = Object.getPrototypeOf(memory.prepare('SELECT 1')) as {
      run: (this: { source: string }, ...args: unknown[]) => unknown;
    };
    memory.close();
    const { run } = prototype;
    let seen = 0;
    prototype.run = function (...args) {
      if (statement.fits(this.source, args) && ++seen === statement.nth) die();
      return run.apply(this, args);
    };
  }
  if (rename !== undefined) {
    const own = fs.rename;
    let seen = 0;
    fs.rename = async (from, to) => {
      if (/[/\\]images[/\\]/.test(String(to)) && ++seen === rename) die();
      await own(from, to);
    };
    syncBuiltinESMExports();
  }
}
