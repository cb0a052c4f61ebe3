/** The decoder's contract: bytes in, pixels or a reason out. */
import * as v from 'valibot';
import { Pixels, Timestamp, bytes, call } from '#contract';

export const decodeContract = {
  decode: {
    /** Answers once the decoder has loaded, so that its start counts against no picture. */
    ready: call(v.strictObject({}), v.strictObject({})),
    /** A whole file to RGB bytes [size, size, 3] (square crop from the centre), a WebP thumbnail, its own size, and when it was taken. */
    image: call(
      v.strictObject({ file: bytes(), size: Pixels, thumbnail: Pixels }),
      v.strictObject({
        rgb: bytes(),
        thumbnail: bytes(),
        width: Pixels,
        height: Pixels,
        takenAt: v.nullable(Timestamp),
      }),
    ),
  },
} as const;
