/** What `doctor` says of the places that the studio keeps its data in: the server of the vectors, the data folder. */
import { toAppError } from '#contract';
import type { DoctorReport, PlaceReport } from '#contract';
import type { VectorServer } from './config.ts';
import type { Catalog } from './services/catalog/index.ts';
import type { InstalledPack } from './services/packs/index.ts';
import { placeOf, placeProblems } from './services/store/index.ts';

type Check = DoctorReport['checks'][number];

/** How many images of each pack the server finds; nothing without a server. */
export async function serverChecks(
  vectors: VectorServer | null | undefined,
  catalog: Catalog,
  packs: readonly (InstalledPack | null)[],
): Promise<Check[]> {
  if (!vectors) return [];
  try {
    const found: string[] = [];
    for (const pack of packs) {
      const server = pack && (await catalog.server(pack));
      if (server) found.push(`${server.images} images of the pack "${pack.manifest.id}"`);
    }
    const search = vectors.approximate ? 'searched by HNSW, not exactly' : 'searched exactly';
    const message = `PostgreSQL at ${placeOf(vectors.url)}, ${search}; ${found.join(', ') || 'no pack'}`;
    return [{ name: 'vectors', state: 'ok', message }];
  } catch (error) {
    return [{ name: 'vectors', state: 'problem', message: toAppError(error).message }];
  }
}

/** What speaks against the place of the data folder, an absolute path; nothing where nothing does. */
export async function folderChecks(home: string): Promise<Check[]> {
  const problems = await placeProblems(home);
  return problems.map(({ message }) => ({ name: 'data folder', state: 'problem', message }));
}

/** The same for the page, which says it in its own language. */
export async function placeReport(home: string): Promise<PlaceReport> {
  const problems = await placeProblems(home);
  return { problems: problems.map(({ kind, name, free }) => ({ kind, name, free })) };
}
