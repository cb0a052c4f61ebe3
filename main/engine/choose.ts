/**
 * Chooses what runs each part: providers in order, the first whose probe opens the graph and whose golden check agrees.
 * Every refusal is kept with its reason and shown by `doctor`; nothing falls back in silence.
 */
import { because } from '#contract';
import type { PackManifest, PackPartName } from '#contract';
import { floats, longs, openSession } from './backends/ort/session.ts';
import type { OrtSession, Provider } from './backends/ort/session.ts';
import type { Golden } from './ports.ts';

export interface Refusal {
  readonly name: string;
  readonly reason: string;
}

export interface Chosen {
  readonly session: OrtSession;
  readonly provider: Provider;
  /** Largest deviation from the golden data in units of its tolerance; null where the pack has none for this part. */
  readonly goldenError: number | null;
  readonly refused: readonly Refusal[];
}

/** Deviation in units of the tolerance: max|a - b| / (tolerance * max(1, max|b|)); for gradients relative to their own maximum. */
export function deviation(
  got: Float32Array,
  wanted: Float32Array,
  tolerance: number,
  relative: boolean,
): number {
  if (got.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let top = relative ? 1e-30 : 1;
  for (let i = 0; i < wanted.length; i++) {
    const d = Math.abs((got[i] as number) - (wanted[i] as number));
    if (!(d <= Number.MAX_VALUE)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, d);
    top = Math.max(top, Math.abs(wanted[i] as number));
  }
  return worst / (tolerance * top);
}

/** Runs a part's golden batch; null when the pack has none for it. */
export async function goldenError(
  session: OrtSession,
  part: string,
  golden: Golden,
  tolerance: PackManifest['golden']['tolerance'],
): Promise<number | null> {
  const entries = [...golden].filter(([name]) => name.startsWith(`${part}.in.`));
  if (entries.length === 0) return null;
  const inputs = Object.fromEntries(
    entries.map(([name, t]) => [
      name.slice(part.length + 4),
      t.data instanceof BigInt64Array ? longs(t.data, t.shape) : floats(t.data, t.shape),
    ]),
  );
  const outputs = await session.run(inputs);
  let worst = 0;
  for (const [name, wanted] of golden) {
    if (!name.startsWith(`${part}.out.`)) continue;
    const key = name.slice(part.length + 5);
    const got = outputs[key]?.data;
    if (!(got instanceof Float32Array) || !(wanted.data instanceof Float32Array))
      return Number.POSITIVE_INFINITY;
    const isGradient = key === 'gradient';
    worst = Math.max(
      worst,
      deviation(got, wanted.data, isGradient ? tolerance.gradient : tolerance.forward, isGradient),
    );
  }
  return worst;
}

/** What went wrong in words, and whether it says that the provider cannot run at all here, whatever the graph. */
interface Fault {
  readonly reason: string;
  readonly ofProvider: boolean;
}

/** No device, no library, not a part of this build: the words of onnxruntime and of the drivers for it. */
const PROVIDER_FAULT =
  /no (available|supported) (backend|device|provider)|provider.*(not (available|enabled|supported|found)|is not compiled)|CUDA driver|no CUDA-capable device|CUDA failure 100\b|D3D12 device|DXGI/i;

/** Known reasons in words; anything else as the runtime says it, first line, without paths. */
export function faultOf(error: unknown): Fault {
  const text = error instanceof Error ? error.message : String(error);
  if (/adapter/i.test(text)) return { reason: 'no GPU adapter was found', ofProvider: true };
  if (/Failed to load shared library|cannot open shared object/i.test(text))
    return { reason: 'its library is not installed (npm start -- gpu install)', ofProvider: true };
  return {
    reason: (text.split('\n')[0] ?? '').replaceAll(/\/[^\s'"]+/g, '…').slice(0, 240),
    ofProvider: PROVIDER_FAULT.test(text),
  };
}

export interface ChooseOptions {
  readonly part: PackPartName;
  /** The part's graph. */
  readonly bytes: Uint8Array;
  readonly order: readonly Provider[];
  readonly threads: number;
  readonly golden: Golden;
  readonly tolerance: PackManifest['golden']['tolerance'];
  /**
   * Providers that cannot run at all in this process, with the reason: they are not tried again for another part. What one
   * part's graph was refused for says nothing of the next.
   */
  readonly known: Map<Provider, string>;
  /** The tests put a provider of their own here. */
  readonly open?: typeof openSession;
}

/** Opens a part with the first provider that passes. Throws `backend_unavailable` with every refusal when none does. */
export async function choose({
  part,
  bytes,
  order,
  threads,
  golden,
  tolerance,
  known,
  open = openSession,
}: ChooseOptions): Promise<Chosen> {
  const refused: Refusal[] = [];
  for (const provider of order) {
    const before = known.get(provider);
    if (before !== undefined) {
      refused.push({ name: `ort-${provider}`, reason: before });
      continue;
    }
    let session: OrtSession;
    try {
      session = await open(bytes, provider, threads);
    } catch (error) {
      const { reason, ofProvider } = faultOf(error);
      if (ofProvider && provider !== 'cpu') known.set(provider, reason);
      refused.push({ name: `ort-${provider}`, reason });
      continue;
    }
    let reason: string;
    try {
      const error = await goldenError(session, part, golden, tolerance);
      if (error === null || error <= 1) return { session, provider, goldenError: error, refused };
      reason = `golden check failed: ${error.toFixed(2)} times the tolerance`;
    } catch (error) {
      reason = `golden check could not run: ${faultOf(error).reason}`;
    }
    refused.push({ name: `ort-${provider}`, reason });
    await session.release();
  }
  throw because('part_unrunnable', {
    part,
    refused: refused.map((r) => `${r.name}: ${r.reason}`).join('; '),
  });
}
