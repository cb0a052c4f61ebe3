/**
 * npm run bench:proof: a folder of 100,000 made JPEGs, one in a hundred damaged, is imported with the command line, killed
 * five times on the way, and searched before and after. Whatever is not as it must be ends the run with an error.
 *   --images=N      how many files (default 100,000)
 *   --kills=N       how often the import is killed (default 5)
 *   --folder=DIR    where everything lies; the same folder again goes on, and keeps it (default: a temporary one)
 *   --pack=ID       the encoder (default: the first pack that generates)
 * Prints one table, and as its last line one JSON object.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { AppError, toAppError } from '../../contract/index.ts';
import type { Hit, ImportReport } from '../../contract/index.ts';
import { random } from '../../training/data/random.ts';
import { larger, peaksOf } from './measure.ts';
import type { Peaks } from './measure.ts';
import { DAMAGES, damageOf, fileOf, makePictures } from './proof-pictures.ts';

const CLI = fileURLToPath(new URL('../../main/cli/index.ts', import.meta.url));
const argument = (name: string): string | undefined =>
  process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const COUNT = Number(argument('images') ?? 100_000);
const KILLS = Number(argument('kills') ?? 5);
const pack = argument('pack');
const kept = argument('folder');
const parent = kept ?? mkdtempSync(join(tmpdir(), 'accent-proof-'));
const [pictures, home] = [join(parent, 'pictures'), join(parent, 'home')];
const stateFile = join(parent, `proof-${COUNT}.json`);
mkdirSync(pictures, { recursive: true });

/** What was done so far, so that the same folder goes on. */
interface State {
  /** Images on the disk when each kill came. */
  kills: number[];
  importSeconds: number;
  makeSeconds: number;
}
const state: State = existsSync(stateFile)
  ? (JSON.parse(readFileSync(stateFile, 'utf8')) as State)
  : { kills: [], importSeconds: 0, makeSeconds: 0 };
const remember = (): void => {
  writeFileSync(stateFile, JSON.stringify(state));
};

function must(holds: boolean, what: string): void {
  if (!holds) throw new AppError('internal', `The proof failed: ${what}.`);
}
const tell = (what: string, figure: string): void => {
  process.stdout.write(`${what.padEnd(64)} ${figure.padStart(14)}\n`);
};
const seconds = (since: number): number => (performance.now() - since) / 1000;

interface Ended {
  readonly killed: boolean;
  readonly stdout: string;
  /** Largest memory of each process, MiB. */
  readonly peaks: Peaks;
}

/** Runs a command of the studio; `watch` is asked twice a second whether it is time to kill it. */
function studio(args: readonly string[], watch?: () => boolean): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const named = pack === undefined ? [] : ['--pack', pack];
    const child = spawn(process.execPath, [CLI, ...args, ...named, '--catalog', home, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    let peaks: Peaks = { cli: 0, engine: 0, decode: 0 };
    let wrong: AppError | undefined;
    const timer = setInterval(() => {
      peaks = larger(peaks, peaksOf(child.pid as number));
      try {
        if (watch?.()) child.kill('SIGKILL');
      } catch (error) {
        wrong = toAppError(error);
        child.kill('SIGKILL');
      }
    }, 500);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4000)));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(timer);
      if (wrong) reject(wrong);
      else if (signal !== 'SIGKILL' && code !== 0)
        reject(new AppError('internal', `"${args.join(' ')}" ended with ${code}: ${stderr}`));
      else resolve({ killed: signal === 'SIGKILL', stdout, peaks });
    });
  });
}

/** Images that are on the disk now, looked at from outside; counted in an index, so that looking costs the import little. */
function imagesThere(): number {
  if (!existsSync(join(home, 'catalog.db'))) return 0;
  const db = new Database(join(home, 'catalog.db'), { readonly: true });
  try {
    return db.prepare('SELECT count(*) FROM images').pluck().get() as number;
  } finally {
    db.close();
  }
}

/** The catalog against the folder itself: every whole file, no other, each with its own bytes. */
function compare(hashes: ReadonlyMap<number, string>, whole: boolean): void {
  const db = new Database(join(home, 'catalog.db'), { readonly: true });
  try {
    must(db.pragma('integrity_check', { simple: true }) === 'ok', 'the integrity check of the catalog');
    const wanted = new Map([...hashes].map(([n, hash]) => [fileOf(n), hash]));
    const files = db.prepare('SELECT file, content_hash FROM files').raw().all() as [string, string][];
    for (const [file, hash] of files)
      must(wanted.get(file) === hash, `${file} is known with the bytes that it has`);
    if (whole) must(files.length === wanted.size, `${wanted.size} files are known, got ${files.length}`);
    const images = db.prepare('SELECT content_hash FROM images').pluck().all() as string[];
    must(new Set(images).size === images.length, 'no image is there twice');
    must(
      db
        .prepare('SELECT count(*) FROM images i LEFT JOIN vectors v USING (number) WHERE v.number IS NULL')
        .pluck()
        .get() === 0,
      'every image has its vector',
    );
    if (whole) must(images.length === new Set(wanted.values()).size, 'every picture is an image');
  } finally {
    db.close();
  }
}

const hitsOf = (ended: Ended): Hit[] => JSON.parse(ended.stdout) as Hit[];

/** Searches by words, and by pictures that are there, which must find themselves. Seconds of one command, start included. */
async function searches(hashes: ReadonlyMap<number, string>, when: string): Promise<number> {
  const began = performance.now();
  const words = ['a robot with two antennas', 'a person with a full beard', 'a red pot'];
  for (const text of words) {
    const hits = hitsOf(await studio(['search', text, '--count', '20']));
    must(hits.length === 20, `20 hits for "${text}" ${when}, got ${hits.length}`);
    must(
      hits.every((h, i) => i === 0 || h.score <= (hits[i - 1] as Hit).score),
      `hits for "${text}" in their order`,
    );
  }
  const known = new Database(join(home, 'catalog.db'), { readonly: true });
  const isThere = known.prepare('SELECT 1 FROM images WHERE content_hash = ?');
  const draw = random(`proof searches ${when}`, 1);
  const there = [...hashes].filter(([, hash]) => isThere.get(hash) !== undefined);
  known.close();
  const pictured = Array.from({ length: 3 }, () => there[draw.below(there.length)] as [number, string]);
  for (const [n, hash] of pictured) {
    const hits = hitsOf(await studio(['search', '--like', join(pictures, fileOf(n)), '--count', '20']));
    const own = hits.find((h) => h.image.contentHash === hash);
    must(own !== undefined && own.score > 0.999, `${fileOf(n)} finds itself ${when}`);
  }
  const each = seconds(began) / (words.length + pictured.length);
  tell(
    `${words.length + pictured.length} searches ${when}, all right: one command, start included`,
    `${each.toFixed(1)} s`,
  );
  return each;
}

/** Size, times and inode of every original. */
const originals = (): string[] =>
  Array.from({ length: COUNT }, (_, n) => {
    const { size, mtimeNs, ctimeNs, ino } = lstatSync(join(pictures, fileOf(n)), { bigint: true });
    return `${size} ${mtimeNs} ${ctimeNs} ${ino}`;
  });

try {
  tell(
    `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`,
    `load ${loadavg()[0]?.toFixed(1)}`,
  );
  let began = performance.now();
  const hashes = await makePictures(pictures, COUNT, availableParallelism());
  state.makeSeconds += seconds(began);
  remember();
  tell(
    `${COUNT} JPEGs, ${COUNT - hashes.size} of them damaged in ${DAMAGES.length} ways: made`,
    `${state.makeSeconds.toFixed(0)} s`,
  );
  const before = originals();

  const draw = random('proof kills', 1);
  const shares = Array.from({ length: KILLS }, (_, k) => (k + 0.2 + 0.8 * draw.next()) / (KILLS + 0.5));
  let peaks: Peaks = { cli: 0, engine: 0, decode: 0 };
  const searchSeconds: number[] = [];
  let report: ImportReport | undefined;
  while (!report) {
    const killAt = (shares[state.kills.length] ?? Infinity) * hashes.size;
    let seen = imagesThere();
    must(seen >= (state.kills.at(-1) ?? 0), 'what was there before is there');
    began = performance.now();
    const ended = await studio(['import', pictures], () => {
      const now = imagesThere();
      must(now >= seen, 'no image goes during an import');
      seen = now;
      return now >= killAt;
    });
    state.importSeconds += seconds(began);
    peaks = larger(peaks, ended.peaks);
    if (!ended.killed) {
      report = JSON.parse(ended.stdout) as ImportReport;
      break;
    }
    const after = imagesThere();
    must(after >= seen, `the ${seen} images that were seen are there after the kill, got ${after}`);
    compare(hashes, false);
    state.kills.push(after);
    remember();
    tell(`kill ${state.kills.length}: images on the disk, none lost, none twice`, String(after));
    if (state.kills.length === 1) searchSeconds.push(await searches(hashes, 'after the first kill'));
  }
  must(state.kills.length === KILLS, `${KILLS} kills, got ${state.kills.length}`);
  tell(`import, all runs together`, `${state.importSeconds.toFixed(0)} s`);
  tell(`  files a second`, (COUNT / state.importSeconds).toFixed(0));
  compare(hashes, true);
  must(report.found === COUNT, `${COUNT} files were found, got ${report.found}`);
  const skipped = new Map(report.skipped.map((s) => [s.file, s.reason as string]));
  for (let n = 0; n < COUNT; n++) {
    const damage = damageOf(n);
    must(
      skipped.get(fileOf(n)) === damage?.reason,
      `${fileOf(n)} (${damage?.kind ?? 'whole'}): got ${skipped.get(fileOf(n))}`,
    );
  }
  must(skipped.size === COUNT - hashes.size, 'every damaged file is skipped, and no other');
  tell(`every whole file is an image, every damaged one has its reason`, `${hashes.size} + ${skipped.size}`);
  const thumbnails = readdirSync(join(home, 'thumbnails'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.webp'),
  ).length;
  must(thumbnails === new Set(hashes.values()).size, `a thumbnail for each image, got ${thumbnails}`);
  searchSeconds.push(await searches(hashes, 'after the import'));

  began = performance.now();
  const again = JSON.parse((await studio(['import', pictures])).stdout) as ImportReport;
  const againSeconds = seconds(began);
  must(
    again.unchanged === hashes.size && again.imported === 0 && again.missing === 0,
    'a second import finds nothing new',
  );
  tell(`the same folder again: all unchanged`, `${againSeconds.toFixed(1)} s`);
  must(
    originals().every((line, n) => line === before[n]),
    'sizes, times and inodes of the originals are as they were',
  );
  tell(`originals: size, times and inode as before`, String(before.length));
  tell(
    `largest memory: command line, engine, decoder`,
    `${peaks.cli.toFixed(0)}, ${peaks.engine.toFixed(0)}, ${peaks.decode.toFixed(0)} MiB`,
  );
  process.stdout.write(
    `${JSON.stringify({
      images: COUNT,
      whole: hashes.size,
      damaged: skipped.size,
      kills: state.kills,
      makeSeconds: state.makeSeconds,
      importSeconds: state.importSeconds,
      filesPerS: COUNT / state.importSeconds,
      againSeconds,
      searchSeconds,
      peakMiB: peaks,
      load: loadavg()[0],
    })}\n`,
  );
} finally {
  if (kept === undefined) rmSync(parent, { recursive: true, force: true });
}
