/** What runs where, and why: the report of `doctor`, put together from everything that can go wrong. */
import { resolve } from 'node:path';
import { AppError, errorBody } from '#contract';
import type { DoctorReport, StudioServices } from '#contract';
import type { VectorServer } from './config.ts';
import type { PackEngine } from './pack-engine.ts';
import { folderChecks, serverChecks } from './place-checks.ts';
import type { Catalog } from './services/catalog/index.ts';
import type { InstalledPack, PacksService } from './services/packs/index.ts';

type Check = DoctorReport['checks'][number];

export interface DoctorOptions {
  readonly appVersion: string;
  /** The data folder. */
  readonly home: string;
  readonly packs: PacksService;
  readonly engine: Pick<PackEngine, 'inspect'>;
  readonly catalog: Catalog;
  /** How many folders the catalog has. */
  readonly roots: () => number;
  /** What scans the vectors of this machine. */
  readonly scan: Check;
  /** The server of the vectors, where there is one. */
  readonly vectors: VectorServer | null | undefined;
}

export function makeDoctor(options: DoctorOptions): StudioServices['packs']['doctor'] {
  const { packs, engine, catalog } = options;

  async function packReport(packId: string): Promise<DoctorReport['packs'][number]> {
    try {
      const { ports } = await engine.inspect(packId);
      return { packId, ports, error: null };
    } catch (error) {
      const failed = error instanceof AppError ? error : new AppError('engine_failed', String(error));
      return { packId, ports: [], error: errorBody(failed) };
    }
  }

  return async ({ packId }) => {
    const { packs: found, refused } = await packs.list();
    const wanted = packId === undefined ? found : found.filter((p) => p.packId === packId);
    if (packId !== undefined && wanted.length === 0) await packs.get(packId);
    const used = await Promise.all(wanted.map((p) => packs.get(p.packId).catch(() => null)));
    const reports = [];
    for (const { packId: id } of wanted) reports.push(await packReport(id));
    return {
      appVersion: options.appVersion,
      platform: `${process.platform} ${process.arch}`,
      runtime: `Node ${process.versions.node}`,
      checks: [
        {
          name: 'packs',
          state: found.length > 0 ? ('ok' as const) : ('problem' as const),
          message: `${found.length} usable, ${refused.length} refused`,
        },
        catalogCheck(catalog, options.roots(), used),
        options.scan,
        ...(await folderChecks(resolve(options.home))),
        ...(await serverChecks(options.vectors, catalog, used)),
      ],
      packs: reports,
      refused,
    };
  };
}

/** Folders, and for packs that were used since the start the images that their searches lack. */
function catalogCheck(catalog: Catalog, roots: number, used: readonly (InstalledPack | null)[]): Check {
  const lacks = used.flatMap((pack) => {
    const unread = pack && catalog.unread(pack);
    return unread
      ? [`the pack "${pack.manifest.id}" lacks ${unread.images} images: ${unread.reason.message}`]
      : [];
  });
  const backup = catalog.backupProblem();
  if (backup !== null) lacks.push(`the last backup was not made: ${backup}`);
  return {
    name: 'catalog',
    state: lacks.length > 0 ? 'problem' : 'ok',
    message: [`${roots} ${roots === 1 ? 'folder' : 'folders'}`, ...lacks].join('; '),
  };
}
