/** Rows of the native scan: those of a file mapped into memory, scanned by all threads off the event loop. */
import type { MakeRows, RowScan, ScanQuery, Candidates } from './row-scan.ts';

/** As much as is used here of the rows of native/scan.ts. */
export interface NativeRows {
  readonly path: string;
  readonly rows: number;
  readonly blocks: number;
  readonly bytes: number;
  open(path: string, at: number, rows: number, checksums: Uint32Array): void;
  append(scale: number, loss: number, codes: Int8Array): void;
  block(i: number): Uint8Array;
  search(query: ScanQuery, k: number, left?: Uint8Array): Promise<Candidates>;
  close(): void;
}

/** Makes rows of the native scan. */
export const nativeRows =
  (make: (width: number) => NativeRows): MakeRows =>
  (width) => {
    const native = make(width);
    const rows: RowScan = {
      name: `native, ${native.path}`,
      get size() {
        return native.rows;
      },
      get blocks() {
        return native.blocks;
      },
      get bytes() {
        return native.bytes;
      },
      append: (scale, loss, codes) => {
        native.append(scale, loss, codes);
      },
      open: ({ path, at, size, checksums }) => {
        native.open(path, at, size, checksums);
      },
      block: (i) => native.block(i),
      candidates: (query, k, left) =>
        k > 0 && native.rows > 0
          ? native.search(query, k, left)
          : { rows: new Uint32Array(0), upper: new Float64Array(0) },
      close: () => {
        native.close();
      },
    };
    return rows;
  };
