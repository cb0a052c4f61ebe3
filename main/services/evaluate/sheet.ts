/** Pictures in rows and columns as one PNG, to be looked at. */
import sharp from 'sharp';

export interface Tile {
  readonly size: number;
  readonly rgb: Uint8Array;
}

const GAP = 4;

/** `rows` of tiles (null: an empty place), each enlarged to `cell` pixels without smoothing, on white. Nothing gives 1 pixel. */
export async function sheetOf(rows: readonly (readonly (Tile | null)[])[], cell = 128): Promise<Uint8Array> {
  const columns = Math.max(0, ...rows.map((r) => r.length));
  const width = Math.max(1, columns * (cell + GAP) - GAP);
  const height = Math.max(1, rows.length * (cell + GAP) - GAP);
  const composites = await Promise.all(
    rows.flatMap((row, y) =>
      row.flatMap((tile, x) =>
        tile
          ? [
              sharp(tile.rgb, { raw: { width: tile.size, height: tile.size, channels: 3 } })
                .resize(cell, cell, { kernel: 'nearest' })
                .png()
                .toBuffer()
                .then((input) => ({ input, left: x * (cell + GAP), top: y * (cell + GAP) })),
            ]
          : [],
      ),
    ),
  );
  return new Uint8Array(
    await sharp({ create: { width, height, channels: 3, background: '#fff' } })
      .composite(composites)
      .png({ palette: false })
      .toBuffer(),
  );
}
