/** The host behind the command line, and what several commands do with it. */
import { readFileSync } from 'node:fs';
import { AppError } from '#contract';
import type { ImportReport, PackSummary, Root, StudioServices } from '#contract';
import { makeConfig } from '../config.ts';
import { createHost } from '../host.ts';
import type { Host } from '../host.ts';
import { forkSpawn } from '../link/index.ts';
import { unreadSample } from '../samples.ts';
import type { Output } from './output.ts';

export const appVersion = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** `mayType`, `offered`: how pages add folders (`serve`). */
export function openHost(
  catalog: string | undefined,
  port: number | null = null,
  {
    mayType = false,
    offered = [],
  }: { readonly mayType?: boolean; readonly offered?: readonly string[] } = {},
): Host {
  return createHost(makeConfig({ ...(catalog === undefined ? {} : { home: catalog }), port }), {
    spawn: forkSpawn(),
    appVersion,
    mayType,
    offered,
  });
}

/** The pack that is meant: named, or the first that generates. */
export async function choosePack(
  services: StudioServices,
  id: string | undefined,
  signal: AbortSignal,
): Promise<PackSummary> {
  const { packs } = await services.packs.list({}, { signal });
  const found =
    id === undefined ? packs.find((p) => p.role === 'generation') : packs.find((p) => p.packId === id);
  if (found) return found;
  throw new AppError(
    'not_found',
    id === undefined
      ? 'No pack that generates is installed. Expected one below models/.'
      : `There is no pack "${id}". Installed: ${packs.map((p) => p.packId).join(', ') || 'none'}.`,
  );
}

/** Imports a root with progress; returns the report. */
export async function importRoot(
  host: Host,
  root: Root,
  packId: string,
  output: Output,
  signal: AbortSignal,
): Promise<ImportReport> {
  let report: ImportReport | undefined;
  for await (const event of host.services.catalog.importFolder({ rootId: root.rootId, packId }, { signal })) {
    if (event.type === 'progress') output.progress(`import ${root.name}`.slice(0, 18), event.done, event.of);
    else if (event.type === 'report') report = event.report;
  }
  if (!report) throw new AppError('internal', 'The import ended without a report.');
  return report;
}

/**
 * Folders to find references in: the named one, or, as long as the catalog has none of its owner's, the sample images of what the
 * pack draws.
 */
export async function ensureReferences(
  host: Host,
  folder: string | undefined,
  pack: Pick<PackSummary, 'packId' | 'domain'>,
  output: Output,
  signal: AbortSignal,
): Promise<ImportReport | null> {
  if (folder !== undefined)
    return importRoot(host, await host.registerRoot(folder), pack.packId, output, signal);
  const sample = await unreadSample(host, pack, signal);
  if (!sample) return null;
  output.note('First use: taking in the sample reference images (once).');
  return importRoot(host, sample, pack.packId, output, signal);
}

/** A report in words. */
export function reportLines(report: ImportReport): string[] {
  const lines = [
    `${report.found} files: ${report.imported} imported, ${report.unchanged} unchanged, ${report.duplicates} duplicates, ${report.skipped.length} skipped (${report.wallSeconds.toFixed(1)} s)`,
  ];
  for (const s of report.skipped.slice(0, 50)) lines.push(`  skipped ${s.file}: ${s.message}`);
  if (report.skipped.length > 50) lines.push(`  and ${report.skipped.length - 50} more`);
  return lines;
}
