/** `catalog`: backups, checks and repair, and what the folders hold. */
import { AppError, errorOf } from '#contract';
import type { VectorPass } from '#contract';
import { makeConfig } from '../config.ts';
import { backupsOf, restoreCatalog, salvageCatalog } from '../host.ts';
import type { Host } from '../host.ts';
import type { Output } from './output.ts';
import { choosePack } from './studio.ts';

const WHAT = [
  'roots',
  'backup',
  'backups',
  'check',
  'restore',
  'salvage',
  'forget',
  'export',
  'import',
  'vectors',
] as const;
type What = (typeof WHAT)[number];

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const when = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** `open` opens the host, only where the command needs an open catalog. */
export async function catalogCommand(
  rest: readonly string[],
  values: { readonly home: string | undefined; readonly pack: string | undefined; readonly vectors: boolean },
  open: () => Host,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { home } = values;
  const what = rest[0] as What | undefined;
  const name = rest[1];
  if (what === undefined || !WHAT.includes(what))
    throw new AppError(
      'invalid_input',
      `catalog: expected one of ${WHAT.join(', ')}${what === undefined ? '' : `, got "${String(what)}"`}. See catalog --help.`,
    );
  const config = makeConfig(home === undefined ? {} : { home });
  if (what === 'backups') {
    const backups = backupsOf(config);
    output.result({ backups });
    for (const b of backups) output.line(`${b.name}  ${when(b.at)}  ${mib(b.bytes)}`);
    if (backups.length === 0) output.line('There is no backup yet. Make one with: catalog backup');
    return;
  }
  if (what === 'restore') {
    if (name === undefined)
      throw new AppError(
        'invalid_input',
        'catalog restore: expected the name of a backup, or "latest". See catalog backups.',
      );
    const { from, kept } = await restoreCatalog(config, name);
    output.result({ from, kept });
    output.line(`Restored ${from}. What was there before is kept as ${kept}.`);
    return;
  }
  if (what === 'salvage') {
    const saved = await salvageCatalog(config);
    output.result(saved);
    const rows = Object.entries(saved.rows).filter(([, n]) => n > 0);
    output.line(`Saved ${rows.map(([table, n]) => `${n} ${table}`).join(', ') || 'nothing'}.`);
    if (saved.partly.length > 0) output.line(`Only in part: ${saved.partly.join(', ')}.`);
    output.line(`The damaged catalog is kept as ${saved.kept}.`);
    return;
  }
  if ((what === 'export' || what === 'import') && name === undefined)
    throw new AppError(
      'invalid_input',
      `catalog ${what}: expected a file, e.g. catalog ${what} pictures.accent.gz.`,
    );
  const host = open();
  const { catalog } = host.services;
  try {
    const { roots } = await catalog.roots({}, { signal });
    if (what === 'roots') {
      output.result({ roots });
      for (const r of roots) output.line(`${r.rootId}  ${r.state}  ${r.imageCount} images  ${r.name}`);
    } else if (what === 'forget') {
      const root = roots.find((r) => r.rootId === name || r.name === name);
      if (!root)
        throw new AppError(
          'not_found',
          `There is no folder "${name ?? ''}" in the catalog. See catalog roots.`,
        );
      const { images } = await catalog.removeRoot({ rootId: root.rootId }, { signal });
      output.result({ rootId: root.rootId, images });
      output.line(
        `Forgot ${root.name} and ${images} images that lay in no other folder. No file was touched.`,
      );
    } else if (what === 'export') {
      const made = await host.exportCatalog(name as string, values.vectors, signal);
      output.result(made);
      output.line(
        `Wrote ${made.images} images, ${made.choices} choices and ${made.vectors} vectors to ${name}.`,
      );
    } else if (what === 'import') {
      const merged = await host.importCatalog(name as string, signal);
      output.result(merged);
      output.line(
        `${merged.images} images are new, ${merged.known} were known; added ${merged.choices} choices and ${merged.vectors} vectors${merged.removed > 0 ? `; left out ${merged.removed} that were removed here` : ''}.`,
      );
    } else if (what === 'vectors') {
      const { packId } = await choosePack(host.services, values.pack, signal);
      await addVectors(host, packId, output, signal);
    } else if (what === 'backup') {
      const made = await catalog.backup({}, { signal });
      output.result(made);
      output.line(`${made.name}  ${mib(made.bytes)}, opened and checked`);
    } else {
      const found = await catalog.check({}, { signal });
      output.result(found);
      output.line(found.ok ? 'The catalog is whole.' : 'The catalog is damaged:');
      for (const line of found.problems) output.line(`  ${line}`);
      for (const index of found.mended) output.line(`  made the index ${index} again`);
      if (!found.ok)
        throw new AppError(
          'catalog_damaged',
          'The catalog is damaged. Restore a backup (catalog restore latest) or save what can be read (catalog salvage).',
        );
    }
  } finally {
    await host.close();
  }
}

/** Waits for the pass that gives a pack the vectors it lacks, with progress. */
async function addVectors(host: Host, packId: string, output: Output, signal: AbortSignal): Promise<void> {
  const { catalog } = host.services;
  const end = new AbortController();
  let pass: VectorPass | undefined;
  const states = catalog.vectorPasses({}, { signal: AbortSignal.any([signal, end.signal]) });
  // The stream listens from its first step on, so it is asked before the pass begins.
  const first = states[Symbol.asyncIterator]();
  let next = first.next();
  next.catch(() => undefined);
  await catalog.addVectors({ packId }, { signal });
  try {
    for (let step = await next; !step.done; step = await next) {
      if (step.value.packId === packId) {
        pass = step.value;
        output.progress('vectors', pass.done, pass.of);
        if (pass.state === 'failed' && pass.error) throw errorOf(pass.error);
        if (pass.state === 'done' || pass.state === 'stopped') break;
      }
      next = first.next();
      next.catch(() => undefined);
    }
  } finally {
    end.abort();
    await first.return?.();
  }
  signal.throwIfAborted();
  output.result(pass);
  output.line(
    `The pack ${packId} has ${pass?.done ?? 0} new vectors${pass && pass.unread > 0 ? `; ${pass.unread} originals cannot be read now` : ''}.`,
  );
}
