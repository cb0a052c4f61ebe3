import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PackManifest, parse } from '../../../contract/index.ts';

/** The example of docs/pack-format.md with its gaps filled in: the document and the schema must agree. */
function documented(): Record<string, unknown> {
  const text = readFileSync(new URL('../../../docs/pack-format.md', import.meta.url), 'utf8');
  const example = /## manifest\.json\s+```jsonc\n([\s\S]*?)```/.exec(text)?.[1];
  if (example === undefined) throw new Error('docs/pack-format.md has no manifest example.');
  const sha = '0123456789abcdef'.repeat(4);
  const filled = example
    .replace('[0, 50, …, 1000], "rms": [ … ]', '[0, 50, 1000], "rms": [0.1, 0.2, 0.3]')
    .replace('[ 101 numbers, 0 to 100 % ]', JSON.stringify(Array.from({ length: 101 }, (_, i) => i / 100)))
    .replaceAll('"bytes": 0', '"bytes": 1')
    .replaceAll('"sha256": "…"', `"sha256": "${sha}"`)
    .replace(', … },', `, ${otherParts(sha)} },`);
  return JSON.parse(filled) as Record<string, unknown>;
}

/** The rows of the document's table of parts, but the denoiser. */
function otherParts(sha256: string): string {
  const files = {
    imageEncoder: 'image-encoder.onnx',
    imageEncoderVjp: 'image-encoder-vjp.onnx',
    encoderWeights: 'encoder.safetensors',
    textEncoder: 'text-encoder.onnx',
    tokenizer: 'tokenizer.json',
    prior: 'prior.onnx',
    upscaler: 'upscaler.onnx',
  };
  return Object.entries(files)
    .map(([part, file]) => `"${part}": ${JSON.stringify({ file, bytes: 1, sha256 })}`)
    .join(', ');
}

/** The example with one value changed, by path; undefined removes it. */
function changed(path: string, value: unknown): unknown {
  const manifest = documented();
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let target: Record<string, unknown> = manifest;
  for (const key of keys) target = target[key] as Record<string, unknown>;
  if (value === undefined) delete target[last];
  else target[last] = value;
  return manifest;
}

describe('the pack manifest', () => {
  it('reads the example of the pack format and changes nothing in it', async () => {
    expect(await parse(PackManifest, documented(), 'manifest.json')).toEqual(documented());
  });

  it.each([
    ['parts.prior', undefined],
    ['parts.upscaler', undefined],
    ['role', 'evaluation'],
    ['schedule.kind', 'linear'],
    ['noiseBank.seed', '18446744073709551615'],
  ])('accepts %s = %j', async (path, value) => {
    await expect(parse(PackManifest, changed(path, value), 'manifest.json')).resolves.toBeTruthy();
  });

  it('accepts 3 channels in an evaluation pack only', async () => {
    const ordinary = changed('denoiser.channels', 3) as Record<string, unknown>;
    await expect(parse(PackManifest, ordinary, 'manifest.json')).rejects.toThrow('denoiser.channels');
    await expect(
      parse(PackManifest, { ...ordinary, role: 'evaluation' }, 'manifest.json'),
    ).resolves.toBeTruthy();
  });

  it.each([
    ['schema', 2],
    ['format', 'other-pack'],
    ['id', '../evil'],
    ['version', '1'],
    ['createdAt', 'yesterday'],
    ['extra', 1],
    ['parts.denoiser', undefined],
    ['parts.script', { file: 'x.py', bytes: 1, sha256: '0'.repeat(64) }],
    ['parts.denoiser.file', '../denoiser.onnx'],
    ['parts.denoiser.file', '/etc/passwd'],
    ['parts.denoiser.file', 'a\u0000.onnx'],
    ['parts.denoiser.sha256', 'ABC'],
    ['parts.denoiser.bytes', -1],
    ['image.range', [0, 1]],
    ['image.size', 1.5],
    ['denoiser.prediction', 'eps'],
    ['gradientScale.rms', [1]],
    ['gradientScale.levels', [0, 1000, 50]],
    ['gradientScale.clip', 0],
    ['noiseBank.seed', '18446744073709551616'],
    ['noiseBank.seed', 1],
    ['sampling.window', [900, 100]],
    ['sampling.window', [100, 1001]],
    ['sampling.rebuild', 'other'],
    ['nullScores.quantiles', [0, 1]],
    ['nullScores.quantiles', Array.from({ length: 101 }, (_, i) => -i)],
    ['nullScores.nearest', [0, 1]],
  ])('refuses %s = %j and names it', async (path, value) => {
    await expect(parse(PackManifest, changed(path, value), 'manifest.json')).rejects.toThrow(
      `manifest.json: ${path}`,
    );
  });

  it('wants the named values and the null phrases against them together', async () => {
    const nearest = Array.from({ length: 101 }, (_, i) => i / 100);
    const alone = changed('nullScores.nearest', nearest) as Record<string, unknown>;
    await expect(parse(PackManifest, alone, 'manifest.json')).rejects.toThrow(
      'parts.namedValues: Expected the part namedValues exactly where nullScores.nearest is there.',
    );
    const parts = alone['parts'] as Record<string, object>;
    const namedValues = { ...parts['denoiser'], file: 'named-values.safetensors' };
    const both = await parse(PackManifest, { ...alone, parts: { ...parts, namedValues } }, 'manifest.json');
    expect(both.nullScores.nearest).toEqual(nearest);
  });
});
