import { describe, expect, it } from 'vitest';
import { AppError, GenerateRequest, JobEvent, SearchRequest, parse } from '../../../contract/index.ts';
import type { GenerateRequestInput } from '../../../contract/index.ts';

const hash = 'a'.repeat(64);
const smallest: GenerateRequestInput = { prompt: 'a person', arms: ['refined'], packId: 'tiny', seed: 7 };

async function refusal(value: unknown): Promise<AppError> {
  try {
    await parse(GenerateRequest, value, 'request');
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`Expected ${JSON.stringify(value).slice(0, 200)} to be refused.`);
}

describe('a generate request', () => {
  it('needs little and fills in the rest', async () => {
    const emphases = [{ id: 'e1', phrase: 'full beard', references: [{ contentHash: hash }] }];
    const request = await parse(GenerateRequest, { ...smallest, emphases }, 'request');
    expect(request).toMatchObject({
      source: 'prior',
      referencesPerEmphasis: 8,
      wrongEmphases: [],
      upscale: true,
    });
    expect(request.steps).toBeUndefined();
    expect(request.emphases[0]).toEqual({
      id: 'e1',
      phrase: 'full beard',
      weight: 1,
      muted: false,
      references: [{ contentHash: hash, weight: 1, pinned: false }],
      bans: [],
    });
  });

  it('cleans the prompt: control characters, runs of spaces, lone surrogates, composed letters', async () => {
    const { prompt } = await parse(
      GenerateRequest,
      { ...smallest, prompt: '  a\u0000\n blue   u\u0308  \ud800 ' },
      'request',
    );
    expect(prompt).toBe('a blue \u00fc \ufffd');
  });

  it('takes markup and code for what they are, text', async () => {
    const prompt = "<script>alert(1)</script> {{7*7}} '; drop table x; ../../etc";
    expect((await parse(GenerateRequest, { ...smallest, prompt }, 'request')).prompt).toBe(prompt);
  });

  it.each([0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER])('takes the seed %d', async (seed) => {
    expect((await parse(GenerateRequest, { ...smallest, seed }, 'request')).seed).toBe(seed);
  });

  const twice = { id: 'e', phrase: 'x' };
  it.each<[string, string, object]>([
    ['an empty prompt', 'prompt', { prompt: ' \t\u0000 ' }],
    ['an endless prompt', 'prompt', { prompt: 'x'.repeat(2 ** 20) }],
    ['a negative seed', 'seed', { seed: -1 }],
    ['a seed that numbers cannot hold', 'seed', { seed: 2 ** 53 }],
    ['a fractional seed', 'seed', { seed: 1.5 }],
    ['a seed of text', 'seed', { seed: 'abc' }],
    ['no steps', 'steps', { steps: 0 }],
    ['too many steps', 'steps', { steps: 1e9 }],
    ['endless guidance', 'guidance', { guidance: Infinity }],
    ['no arm', 'arms', { arms: [] }],
    ['an unknown arm', 'arms.0', { arms: ['finest'] }],
    ['an arm twice', 'arms', { arms: ['coarse', 'coarse'] }],
    ['arm wrong without other references', 'wrongEmphases', { arms: ['wrong'] }],
    ['arm baseline without its pack', 'baselinePackId', { arms: ['baseline'] }],
    ['arm baseline-guided without its pack', 'baselinePackId', { arms: ['baseline-guided'] }],
    ['a scale of an arm that has none', 'rivalScales.refined', { rivalScales: { refined: 1 } }],
    ['a scale out of range', 'rivalScales.first-order', { rivalScales: { 'first-order': -1 } }],
    ['an upside-down window', 'window', { window: [900, 100] }],
    ['a path as pack', 'packId', { packId: '../x' }],
    ['an emphasis too strong', 'emphases.0.weight', { emphases: [{ id: 'e', phrase: 'x', weight: 2.1 }] }],
    ['two emphases with one id', 'emphases', { emphases: [twice, twice] }],
    [
      'a reference by name',
      'emphases.0.references.0.contentHash',
      { emphases: [{ ...twice, references: [{ contentHash: 'cat.png' }] }] },
    ],
    ['an unknown field', 'size', { size: 512 }],
    ['an inherited field', '__proto__', JSON.parse('{"__proto__": 1}') as object],
  ])('is refused with %s, naming the field', async (_name, path, change) => {
    // fromEntries, unlike a literal, keeps a key named __proto__ an own property.
    const value: unknown = Object.fromEntries([...Object.entries(smallest), ...Object.entries(change)]);
    const error = await refusal(value);
    expect(error.code).toBe('invalid_input');
    expect(error.details?.issues).toContainEqual(expect.objectContaining({ path }));
    expect(error.message.length).toBeLessThan(600);
  });

  it.each([null, undefined, 5, 'text', [], [smallest]])('is refused when it is %j', async (value) => {
    expect((await refusal(value)).code).toBe('invalid_input');
  });
});

describe('other inputs', () => {
  it('search takes exactly one of text, image, picture and terms', async () => {
    await expect(parse(SearchRequest, { text: 'hat', packId: 'tiny' }, 'search')).resolves.toMatchObject({
      k: 20,
    });
    await expect(
      parse(SearchRequest, { text: 'hat', imageId: 'i', packId: 'tiny' }, 'search'),
    ).rejects.toThrow('exactly one of');
    await expect(parse(SearchRequest, { packId: 'tiny' }, 'search')).rejects.toThrow('exactly one of');
  });

  it('a job event is known by its type', async () => {
    const base = { jobId: 'j', seq: 1, at: 0 };
    await expect(parse(JobEvent, { ...base, type: 'queued', position: 0 }, 'event')).resolves.toBeTruthy();
    const preview = {
      ...base,
      type: 'preview',
      arm: 'coarse',
      i: 1,
      width: 1,
      height: 1,
      rgba: Uint8Array.of(1, 2, 3, 4),
    };
    expect((await parse(JobEvent, preview, 'event')) as unknown).toEqual(preview);
    await expect(parse(JobEvent, { ...base, type: 'finished' }, 'event')).rejects.toThrow('type');
  });
});
