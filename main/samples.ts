/** Sample images: which of them a catalog knows, and which a host takes in unasked. The same for the desktop, `serve` and the command line. */
import type { PackSummary, Root } from '#contract';
import type { Host } from './host.ts';

const hasOwnImages = async (host: Host, signal: AbortSignal): Promise<boolean> =>
  (await host.services.catalog.roots({}, { signal })).roots.some((r) => !r.builtIn && r.imageCount > 0);

/** The sample folder of what a pack draws, if it is yet to be read; null also beside an owner's own images. */
export async function unreadSample(
  host: Host,
  { domain }: Pick<PackSummary, 'domain'>,
  signal: AbortSignal,
): Promise<Root | null> {
  if (await hasOwnImages(host, signal)) return null;
  const sample = await host.sampleRoot(domain);
  return sample && sample.imageCount === 0 ? sample : null;
}

/** Knows the sample images of every pack, unread, so that a page offers them with their pack; none beside an owner's own images. */
export async function offerSamples(host: Host, signal: AbortSignal): Promise<void> {
  if (await hasOwnImages(host, signal)) return;
  const { packs } = await host.services.packs.list({}, { signal });
  for (const { role, domain } of packs) if (role === 'generation') await host.sampleRoot(domain);
}
