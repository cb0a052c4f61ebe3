/**
 * Blind studies as folders: set.json and images/ may be given away, key.json stays here, sheets/ holds a file for each rater.
 * Arms are named only after the reveal, which needs every sheet sealed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import * as v from 'valibot';
import { AppError, Arm, RatingSheet, StudySet, because, errorBody, isWhole } from '#contract';
import type { MakeStudy, StudioServices, StudyList, StudySummary } from '#contract';
import { isThere, writeAtomic, writeDerived } from '../../files.ts';
import { bare } from '../../bare-png.ts';
import { drawSet, shuffle } from './draw.ts';
import type { Candidate, KeyEntry } from './draw.ts';
import { csvOf, resultsOf, rowsOf } from './results.ts';
import { checkSheet, emptySheet, sealed, withAnswer } from './sheet.ts';
import { makeTake } from './take.ts';

export { emptySheet, sealOf, sealed, withAnswer } from './sheet.ts';

/** A finished picture of an evaluation. */
export interface StudyPicture extends Candidate {
  readonly size: number;
  /** RGB bytes [size, size, 3]. */
  readonly rgb: Uint8Array;
}

export interface StudyOptions {
  readonly folder: string;
  /** The pictures of an evaluation in these arms, first seed. Throws `not_found` where there are none. */
  readonly pictures: (evaluationId: string, arms: readonly Arm[]) => StudyPicture[];
  readonly now: () => number;
}

const Key = v.strictObject({ arms: v.array(Arm), entries: v.array(v.custom<KeyEntry>(() => true)) });
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');
const text = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** Uniform numbers in [0, 1) that only the seed decides: SHA-256 in counter mode. */
function uniform(seed: string): () => number {
  let i = 0;
  return () => createHash('sha256').update(`${seed} ${i++}`).digest().readUInt32LE(0) / 2 ** 32;
}

export function makeStudy({ folder, pictures, now }: StudyOptions): { service: StudioServices['study'] } {
  const at = (studyId: string, ...rest: string[]): string => join(folder, studyId, ...rest);

  async function read<T extends v.GenericSchema>(path: string, schema: T): Promise<v.InferOutput<T> | null> {
    const raw = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });
    if (raw === null) return null;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), raw);
    if (parsed.success) return parsed.output;
    throw because('study_damaged', {});
  }
  async function setOf(studyId: string): Promise<StudySet> {
    const set = await read(at(studyId, 'set.json'), StudySet);
    if (!set) throw because('study_unknown', { study: studyId });
    return set;
  }
  const ownKey = (studyId: string): Promise<boolean> => isThere(at(studyId, 'key.json'));
  const sheetPath = (studyId: string, rater: string): string => at(studyId, 'sheets', `${rater}.json`);
  async function keep(sheet: RatingSheet): Promise<RatingSheet> {
    await mkdir(at(sheet.studyId, 'sheets'), { recursive: true });
    await writeAtomic(sheetPath(sheet.studyId, sheet.rater), text(sheet));
    return sheet;
  }
  async function sheets(set: StudySet): Promise<RatingSheet[]> {
    const names = await readdir(at(set.studyId, 'sheets')).catch(() => [] as string[]);
    const out: RatingSheet[] = [];
    for (const name of names.filter((n) => n.endsWith('.json')).sort()) {
      const sheet = await read(at(set.studyId, 'sheets', name), RatingSheet);
      if (sheet) {
        checkSheet(sheet, set);
        out.push(sheet);
      }
    }
    return out;
  }
  // One change after the other: two answers at once would each write a sheet without the other's.
  let line: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = line.then(work);
    line = mine.catch(() => undefined);
    return mine;
  };

  async function make(request: MakeStudy): Promise<StudySet> {
    const { studyId, evaluationId, arms, prompts, repeats, pairs, seed } = request;
    if (await read(at(studyId, 'set.json'), StudySet)) throw because('study_taken', { study: studyId });
    const found = Map.groupBy(pictures(evaluationId, arms), (p) => p.prompt);
    const whole = [...found.values()].filter((group) => group.length === arms.length);
    if (whole.length === 0) throw because('study_without_pictures', {});
    const next = uniform(`study ${seed}`);
    const chosen = shuffle(whole, next).slice(0, prompts);
    const drawn = drawSet(chosen.flat(), { repeats, pairs }, next, () =>
      randomBytes(9).toString('base64url'),
    );
    const key = text({ arms, entries: drawn.key });
    const set: StudySet = {
      format: 'accent-study',
      schema: 1,
      studyId,
      createdAt: now(),
      items: drawn.items,
      keyHash: sha256(key),
    };
    // Under another name until all of it is there: a crash leaves no half study.
    const part = at(`${studyId}.part`);
    await rm(part, { recursive: true, force: true });
    await mkdir(join(part, 'images'), { recursive: true });
    for (const [image, candidate] of drawn.images) {
      const { size, rgb } = candidate as StudyPicture;
      // A fresh PNG from pixels: no recipe, no profile, no time.
      const png = await sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
        .png({ palette: false })
        .toBuffer();
      await writeDerived(join(part, 'images', `${image}.png`), bare(png));
    }
    await writeAtomic(join(part, 'key.json'), key);
    await writeAtomic(join(part, 'set.json'), text(set));
    await rename(part, at(studyId));
    return set;
  }

  async function summaryOf(studyId: string): Promise<StudySummary> {
    const set = await setOf(studyId);
    return {
      studyId,
      createdAt: set.createdAt,
      items: set.items.length,
      own: await ownKey(studyId),
      raters: (await sheets(set)).map(({ rater, answers, seal, synthetic }) => ({
        rater,
        answered: answers.filter(isWhole).length,
        sealed: seal !== null,
        synthetic,
      })),
    };
  }

  async function list(): Promise<StudyList> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const out: StudyList = { studies: [], refused: [] };
    // A name that is no id (a half study's has a dot) is not a study.
    for (const { name } of entries.filter((e) => e.isDirectory() && v.is(StudySet.entries.studyId, e.name)))
      try {
        out.studies.push(await summaryOf(name));
      } catch (error) {
        out.refused.push({ studyId: name, error: errorBody(error) });
      }
    out.studies.sort((a, b) => b.createdAt - a.createdAt);
    return out;
  }

  const take = makeTake(folder);
  return {
    service: {
      list,
      take: (set) => inTurn(() => take.begin(set)),
      takeImages: ({ studyId, images }) => inTurn(() => take.images(studyId, images)),
      make: (request) => inTurn(() => make(request)),
      set: ({ studyId }) => setOf(studyId),
      async image({ studyId, image }) {
        const png = await readFile(at(studyId, 'images', `${image}.png`)).catch(() => null);
        if (!png) throw because('study_picture_unknown', {});
        return { png: new Uint8Array(png) };
      },
      async sheet({ studyId, rater }) {
        const set = await setOf(studyId);
        return (await read(sheetPath(studyId, rater), RatingSheet)) ?? emptySheet(set, rater, false);
      },
      rate: ({ studyId, rater, synthetic, answer }) =>
        inTurn(async () => {
          const set = await setOf(studyId);
          const sheet =
            (await read(sheetPath(studyId, rater), RatingSheet)) ?? emptySheet(set, rater, synthetic);
          if (sheet.synthetic !== synthetic)
            throw new AppError('conflict', `The sheet of "${rater}" is ${synthetic ? 'not ' : ''}synthetic.`);
          return keep(withAnswer(sheet, answer, set));
        }),
      seal: ({ studyId, rater }) =>
        inTurn(async () => {
          const set = await setOf(studyId);
          const sheet = await read(sheetPath(studyId, rater), RatingSheet);
          if (!sheet) throw because('sheet_empty', { rater });
          return keep(sealed(sheet, set));
        }),
      merge: ({ studyId, sheet }) =>
        inTurn(async () => {
          const set = await setOf(studyId);
          checkSheet(sheet, set);
          if (sheet.seal === null) throw because('sheet_open', { rater: sheet.rater });
          const before = await read(sheetPath(studyId, sheet.rater), RatingSheet);
          if (before && before.seal !== sheet.seal) throw because('sheet_other', { rater: sheet.rater });
          return keep(sheet);
        }),
      async reveal({ studyId }) {
        const set = await setOf(studyId);
        const all = await sheets(set);
        const open = all.filter((s) => s.seal === null);
        if (all.length === 0) throw because('no_raters', {});
        if (open.length > 0)
          throw because('raters_open', {
            raters: open.map((s) => s.rater).join(', '),
            have: open.length === 1 ? 'has' : 'have',
          });
        if (!(await ownKey(studyId))) throw because('key_elsewhere', {});
        const raw = await readFile(at(studyId, 'key.json'), 'utf8').catch(() => null);
        if (raw === null || sha256(raw) !== set.keyHash) throw because('key_wrong', {});
        const key = v.parse(v.pipe(v.string(), v.parseJson(), Key), raw);
        const results = resultsOf(studyId, key.arms, all, key.entries, uniform(`results ${set.keyHash}`));
        const rows = rowsOf(all, key.entries);
        return { results, csv: csvOf(rows), json: text({ results, rows }) };
      },
    },
  };
}
