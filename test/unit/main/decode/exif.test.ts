import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../main/decode/decode.ts';
import { takenAtOf } from '../../../../main/decode/exif.ts';
import { random } from '../../../../training/data/random.ts';
import { picture } from '../../../support/images.ts';

const jpeg = (exif: Record<string, Record<string, string>>): Promise<Buffer> =>
  picture([90, 120, 30]).jpeg().withExif(exif).toBuffer();

describe('when a picture was taken', () => {
  it('is DateTimeOriginal, else DateTime, else not known', async () => {
    const taken = Date.UTC(2019, 6, 4, 21, 5, 59);
    const both = await jpeg({
      IFD0: { DateTime: '2021:01:02 03:04:05' },
      IFD2: { DateTimeOriginal: '2019:07:04 21:05:59' },
    });
    expect((await decodeImage(both, 8, 16)).takenAt).toBe(taken);
    const one = await jpeg({ IFD0: { DateTime: '2021:01:02 03:04:05' } });
    expect((await decodeImage(one, 8, 16)).takenAt).toBe(Date.UTC(2021, 0, 2, 3, 4, 5));
    expect((await decodeImage(await picture([1, 2, 3]).jpeg().toBuffer(), 8, 16)).takenAt).toBeNull();
  });

  it.each(['0000:00:00 00:00:00', '2021:02:31 00:00:00', '2021:13:01 00:00:00', 'yesterday afternoon'])(
    'is not known from "%s"',
    async (date) => {
      expect((await decodeImage(await jpeg({ IFD0: { DateTime: date } }), 8, 16)).takenAt).toBeNull();
    },
  );

  it('never throws on damaged blocks', async () => {
    const { exif } = await sharp(
      await jpeg({ IFD2: { DateTimeOriginal: '2019:07:04 21:05:59' } }),
    ).metadata();
    const good = exif as Buffer;
    expect(takenAtOf(good)).toBe(Date.UTC(2019, 6, 4, 21, 5, 59));
    const draw = random('exif', 1);
    for (let i = 0; i < 5000; i++) {
      const bad = Buffer.from(
        good.subarray(0, draw.next() < 0.3 ? Math.floor(draw.next() * good.length) : good.length),
      );
      for (let n = 0; n < 4 && bad.length > 0; n++)
        bad[Math.floor(draw.next() * bad.length)] = Math.floor(draw.next() * 256);
      const time = takenAtOf(bad);
      expect(time === null || Number.isInteger(time)).toBe(true);
    }
  });
});
