/** The attribute reader as the evaluation knows it: its manifest, its words, and what its logits say. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { AppError, because, misfit } from '#contract';
import { domainFolder } from '../../files.ts';
import type { Features } from './distances.ts';

const FileEntry = v.object({ file: v.string(), bytes: v.number(), sha256: v.string() });
const Accuracy = v.object({
  split: v.string(),
  images: v.string(),
  count: v.number(),
  details: v.number(),
  unsure: v.number(),
  falselyShown: v.number(),
});

export const ReaderManifest = v.object({
  format: v.literal('accent-reader'),
  schema: v.literal(1),
  id: v.string(),
  version: v.string(),
  /** Of the packs whose pictures it reads. */
  domain: v.optional(v.string(), 'first'),
  size: v.pipe(v.number(), v.integer(), v.minValue(1)),
  threshold: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  groups: v.pipe(v.array(v.object({ id: v.string(), values: v.array(v.string()) })), v.minLength(1)),
  features: v.object({ name: v.string(), dims: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  model: FileEntry,
  references: v.array(v.object({ ...FileEntry.entries, split: v.string(), images: v.number() })),
  accuracy: v.array(Accuracy),
});
export type ReaderManifest = v.InferOutput<typeof ReaderManifest>;

/** Attribute group -> value that is seen, or null where it is absent or cannot be told. */
export type Seen = Readonly<Record<string, string | null>>;

export interface InstalledReader {
  readonly manifest: ReaderManifest;
  readonly file: string;
  /** Features of real pictures of a split, or null where the reader has none. */
  references(split: string): Promise<{ features: Features; hash: string; images: number } | null>;
}

async function checkedFile(folder: string, entry: { file: string; sha256: string }): Promise<Uint8Array> {
  const bytes = await readFile(join(folder, entry.file)).catch((cause: unknown) => {
    throw because('reader_file_missing', { file: entry.file }, { cause });
  });
  if (createHash('sha256').update(bytes).digest('hex') !== entry.sha256)
    throw new AppError(
      'hash_mismatch',
      `The file ${entry.file} of the attribute reader is not the one that its manifest describes.`,
    );
  return bytes;
}

/**
 * Reads and checks the reader of a domain (absent: `first`). `plain` is the folder of the first one's reader, the others lie beside
 * it; `tensors` reads safetensors. Throws AppError naming what is wrong.
 */
export async function loadReader(
  plain: string,
  domain: string | undefined,
  tensors: (bytes: Uint8Array) => ReadonlyMap<string, { readonly data: unknown }>,
): Promise<InstalledReader> {
  const folder = domainFolder(plain, domain);
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch((cause: unknown) => {
    throw because('reader_missing', { folder: basename(folder) }, { cause });
  });
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ReaderManifest), text);
  if (!parsed.success) {
    throw new AppError('bad_manifest', `The attribute reader's manifest.json: ${misfit(parsed.issues)}`);
  }
  const manifest = parsed.output;
  if (manifest.domain !== (domain ?? 'first'))
    throw because('reader_misfit', {
      folder: basename(folder),
      reads: manifest.domain,
      draws: domain ?? 'first',
    });
  await checkedFile(folder, manifest.model);
  return {
    manifest,
    file: join(folder, manifest.model.file),
    async references(split) {
      const entry = manifest.references.find((r) => r.split === split);
      if (!entry) return null;
      const data = tensors(await checkedFile(folder, entry)).get('features')?.data;
      if (!(data instanceof Float32Array) || data.length !== entry.images * manifest.features.dims)
        throw new AppError('bad_tensor', `The features of the split "${split}" do not fit the manifest.`);
      return { features: { data, dims: manifest.features.dims }, hash: entry.sha256, images: entry.images };
    },
  };
}

/**
 * What one picture shows: of each group the best value, or null where "none" (each group's last column) is best or its
 * probability is below the threshold. `logits` are the columns of one picture.
 */
export function seenIn(
  logits: Float32Array,
  { groups, threshold }: Pick<ReaderManifest, 'groups' | 'threshold'>,
): Seen {
  const out: Record<string, string | null> = {};
  let at = 0;
  for (const { id, values } of groups) {
    const columns = logits.subarray(at, at + values.length + 1);
    at += values.length + 1;
    let best = 0;
    columns.forEach((x, k) => {
      if (x > (columns[best] as number)) best = k;
    });
    const top = columns[best] as number;
    // Softmax of the best column, which is 1 in the sum.
    const sum = columns.reduce((s, x) => s + Math.exp(x - top), 0);
    out[id] = best < values.length && 1 / sum >= threshold ? (values[best] ?? null) : null;
  }
  if (at !== logits.length)
    throw new AppError('bad_graph', `The reader gave ${logits.length} columns, its manifest names ${at}.`);
  return out;
}

/** Throws `invalid_input` naming the first detail that the reader has no word for. */
export function checkDetails(
  details: Readonly<Record<string, string>>,
  { groups }: Pick<ReaderManifest, 'groups'>,
  where: string,
): void {
  for (const [group, value] of Object.entries(details)) {
    const known = groups.find((g) => g.id === group);
    if (!known)
      throw new AppError(
        'invalid_input',
        `${where}: the reader knows no group "${group}". It knows ${groups.map((g) => g.id).join(', ')}.`,
      );
    if (!known.values.includes(value))
      throw new AppError(
        'invalid_input',
        `${where}: the reader knows no ${group} "${value}". It knows ${known.values.join(', ')}.`,
      );
  }
}
