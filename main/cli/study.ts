/** `study make|rate|merge|reveal`: blind ratings by people, from an evaluation's pictures to a table. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { AppError, MakeStudy, RaterRef, RatingSheet, StudySet, isWhole, misfit } from '#contract';
import type { StudyAnswer, StudyItem, StudyResults } from '#contract';
import { emptySheet, sealed, withAnswer } from '../host.ts';
import type { Host } from '../host.ts';
import type { Output } from './output.ts';
import { openHost } from './studio.ts';

export interface StudyFlags {
  readonly evaluation?: string;
  readonly id?: string;
  readonly arms?: string;
  readonly prompts?: string;
  readonly repeats?: string;
  readonly 'no-pairs'?: boolean;
  readonly rater?: string;
  readonly synthetic?: boolean;
  readonly out?: string;
}

const never = { signal: new AbortController().signal };
const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

async function readAs<T extends v.GenericSchema>(path: string, schema: T): Promise<v.InferOutput<T> | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (parsed.success) return parsed.output;
  throw new AppError('invalid_input', `${path}: ${misfit(parsed.issues)}`);
}

/** The set and its pictures as a folder for raters; the key stays behind. */
async function make(host: Host, flags: StudyFlags, output: Output): Promise<void> {
  const checked = v.safeParse(MakeStudy, {
    studyId: flags.id ?? 'study',
    evaluationId: 'results',
    arms: (flags.arms ?? 'coarse,refined').split(','),
    ...(flags.prompts === undefined ? {} : { prompts: Number(flags.prompts) }),
    ...(flags.repeats === undefined ? {} : { repeats: Number(flags.repeats) }),
    pairs: flags['no-pairs'] !== true,
    seed: Math.floor(Math.random() * 2 ** 32),
  });
  if (!checked.success) throw new AppError('invalid_input', misfit(checked.issues, 'study'));
  const set = await host.services.study.make(checked.output, never);
  const out = resolve(flags.out ?? set.studyId);
  await mkdir(join(out, 'images'), { recursive: true });
  for (const image of set.items.flatMap(imagesOf)) {
    const { png } = await host.services.study.image({ studyId: set.studyId, image }, never);
    await writeFile(join(out, 'images', `${image}.png`), png);
  }
  await writeFile(join(out, 'set.json'), jsonOf(set));
  output.result({ folder: out, items: set.items.length, keyHash: set.keyHash });
  output.line(
    `${out}: ${set.items.length} items. Give this folder to raters: study rate ${out} --rater NAME`,
  );
}

const imagesOf = (item: StudyItem): string[] =>
  item.kind === 'picture' ? [item.image] : [item.left, item.right];

interface Asker {
  /** The next answer among `allowed` (by its first letters); asks again for anything else. */
  choice(question: string, allowed: readonly string[]): Promise<string>;
  close(): void;
}

function makeAsker(output: Output): Asker {
  const lines = createInterface({ input: process.stdin });
  const next = lines[Symbol.asyncIterator]();
  return {
    async choice(question, allowed) {
      for (;;) {
        output.note(`${question} [${allowed.join('/')}]`);
        const { value, done } = await next.next();
        if (done === true)
          throw new AppError('cancelled', 'Stopped. What was answered is kept; the same command goes on.');
        const typed = value.trim().toLowerCase();
        const found = allowed.filter((a) => typed !== '' && a.startsWith(typed));
        if (found.length === 1) return found[0] as string;
      }
    },
    close: () => {
      lines.close();
    },
  };
}

async function ask(item: StudyItem, folder: string, asker: Asker, output: Output): Promise<StudyAnswer> {
  output.note(`\n"${item.text}"`);
  const file = (image: string): string => join(folder, 'images', `${image}.png`);
  if (item.kind === 'pair') {
    output.note(`left:  ${file(item.left)}\nright: ${file(item.right)}`);
    const better = await asker.choice('Which fits the sentence better?', ['left', 'right', 'same']);
    return { kind: 'pair', itemId: item.itemId, better: better as 'left' };
  }
  output.note(file(item.image));
  const photorealism = await asker.choice('Quality: 1 broken, 3 artefacts or blur, 5 clean', ['1', '3', '5']);
  const alignment = await asker.choice('Sentence: 1 mismatch, 2 mostly not, 4 mostly, 5 complete match', [
    '1',
    '2',
    '4',
    '5',
  ]);
  const details: boolean[] = [];
  for (const phrase of item.details)
    details.push((await asker.choice(`Does it show "${phrase}"?`, ['yes', 'no'])) === 'yes');
  return {
    kind: 'picture',
    itemId: item.itemId,
    photorealism: Number(photorealism) as 1,
    alignment: Number(alignment) as 1,
    details,
  };
}

/** Asks for what is unanswered, item by item, and keeps every answer at once; seals at the end. */
async function rate(folder: string, flags: StudyFlags, output: Output): Promise<void> {
  const set = await readAs(join(folder, 'set.json'), StudySet);
  if (!set) throw new AppError('invalid_input', `There is no study in "${folder}": expected its set.json.`);
  const rater = v.safeParse(RaterRef.entries.rater, flags.rater);
  if (!rater.success) throw new AppError('invalid_input', `--rater: ${rater.issues[0].message}`);
  const path = join(folder, `ratings-${rater.output}.json`);
  let sheet = (await readAs(path, RatingSheet)) ?? emptySheet(set, rater.output, flags.synthetic === true);
  const done = new Set(sheet.answers.filter(isWhole).map((a) => a.itemId));
  const asker = makeAsker(output);
  try {
    for (const [i, item] of set.items.entries()) {
      if (done.has(item.itemId)) continue;
      output.note(`Item ${i + 1} of ${set.items.length}`);
      sheet = withAnswer(sheet, await ask(item, folder, asker, output), set);
      await writeFile(path, jsonOf(sheet));
    }
    if (sheet.seal === null) {
      const now = await asker.choice('All answered. Seal it for ever?', ['yes', 'no']);
      if (now === 'yes') sheet = sealed(sheet, set);
      await writeFile(path, jsonOf(sheet));
    }
  } finally {
    asker.close();
  }
  output.result({ file: path, sealed: sheet.seal !== null });
  output.line(`${path}${sheet.seal === null ? ' (not sealed yet)' : ''}`);
}

const estimate = (e: { value: number; low: number; high: number } | null, digits: number): string =>
  e === null ? '' : `${e.value.toFixed(digits)} (${e.low.toFixed(digits)} to ${e.high.toFixed(digits)})`;
const figure = (x: number | null): string => (x === null ? 'n/a' : x.toFixed(3));

/** The results as Markdown; without people's sheets it says so in its first line. */
export function studyMarkdown(r: StudyResults): string {
  const arms = r.arms.map(
    (a) =>
      `| ${a.arm} | ${estimate(a.photorealism, 2)} | ${estimate(a.alignment, 2)} | ${estimate(a.detail, 1)} | ${estimate(a.strength, 2)} |`,
  );
  const agreement = Object.entries(r.agreement).map(
    ([scale, a]) => `| ${scale} | ${figure(a.alpha)} | ${figure(a.selfConsistency)} |`,
  );
  return [
    r.raters === 0
      ? `**No raters yet: these figures are of ${r.synthetic} synthetic sheets, made by a program. They are no ratings.**`
      : `${r.raters} raters${r.synthetic > 0 ? ` (${r.synthetic} synthetic sheets are left out)` : ''}, 95 % bootstrap intervals over prompts.`,
    '',
    '| arm | photorealism 1/3/5 | text alignment 1/2/4/5 | details, % | Bradley-Terry log odds |',
    '| --- | --- | --- | --- | --- |',
    ...arms,
    '',
    "| scale | Krippendorff's alpha | self-consistency |",
    '| --- | --- | --- |',
    ...agreement,
    '',
    `The attribute reader says what people say: ${estimate(r.readerAgreement, 1) || 'n/a'} % of details.`,
    '',
  ].join('\n');
}

async function reveal(host: Host, studyId: string, flags: StudyFlags, output: Output): Promise<void> {
  const { results, csv, json } = await host.services.study.reveal({ studyId }, never);
  const out = resolve(flags.out ?? '.');
  await mkdir(out, { recursive: true });
  const markdown = studyMarkdown(results);
  for (const [name, text] of [
    ['study.md', markdown],
    ['ratings.csv', csv],
    ['study.json', json],
  ] as const)
    await writeFile(join(out, name), text);
  output.result(results);
  output.line(markdown);
}

/** Runs `study COMMAND`. Throws `invalid_input` for an unknown one. */
export async function study(rest: readonly string[], flags: StudyFlags, output: Output): Promise<void> {
  const [command, ...files] = rest;
  if (command === 'rate') {
    await rate(resolve(files[0] ?? '.'), flags, output);
    return;
  }
  if (command !== 'make' && command !== 'merge' && command !== 'reveal')
    throw new AppError('invalid_input', 'study: expected make, rate, merge or reveal. See study --help.');
  const studyId = flags.id ?? 'study';
  const host = openHost(join(resolve(flags.evaluation ?? 'evaluation'), 'studio'));
  try {
    if (command === 'make') await make(host, flags, output);
    else if (command === 'reveal') await reveal(host, studyId, flags, output);
    else
      for (const file of files) {
        const sheet = await readAs(file, RatingSheet);
        if (!sheet) throw new AppError('invalid_input', `There is no sheet "${file}".`);
        await host.services.study.merge({ studyId, sheet }, never);
        output.line(
          `${sheet.rater}: ${sheet.answers.length} answers${sheet.synthetic ? ' (synthetic)' : ''}`,
        );
      }
  } finally {
    await host.close();
  }
}
