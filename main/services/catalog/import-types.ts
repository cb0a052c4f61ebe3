/** What the stages of an import hand on, and what an import needs from outside. */
import type { FileRow, Store } from '../store/index.ts';
import type { Pause } from './pace.ts';
import type { Found, ListFolder } from './scan.ts';

export interface DecodedImage {
  readonly rgb: Uint8Array;
  readonly thumbnail: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** When the camera took it, milliseconds since 1970; null or absent where the file does not say. */
  readonly takenAt?: number | null;
}
export interface Decode {
  /** Whole file to RGB [size, size, 3] of the pack, thumbnail and own size; throws a skip reason. */
  (file: Uint8Array): Promise<DecodedImage>;
}

export interface ImportContext {
  readonly store: Store;
  readonly decode: Decode;
  /** RGB [n, S, S, 3] to embeddings [n, D]. */
  readonly embed: (rgb: Uint8Array, signal: AbortSignal) => Promise<Float32Array>;
  readonly encoderHash: string;
  readonly dims: number;
  /** Side of the pack's images in pixels. */
  readonly size: number;
  readonly saveThumbnail: (contentHash: string, webp: Uint8Array) => Promise<void>;
  /** Told after each committed batch, so that the index in memory follows. */
  readonly onVector: (contentHash: string, embedding: Float32Array) => void;
  /** Told of images that a newer version of their file replaced. */
  readonly onGone?: (contentHashes: readonly string[]) => Promise<void>;
  readonly now: () => number;
  /** How a folder is listed; the tests put failing ones here. */
  readonly listFolder?: ListFolder;
  readonly pause?: Pause;
}

/** A file that was read and hashed. */
export interface Read {
  readonly file: string;
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** What was taken of the memory for it. */
  readonly size: number;
  readonly modifiedMs: number;
  readonly sidecarMs: number | null;
  readonly caption: string;
}
/** A file on its way through the stages. */
export type Item =
  | { readonly kind: 'skip'; readonly file: string; readonly error: unknown }
  /** Known by size and time; nothing was read. */
  | { readonly kind: 'same'; readonly file: string }
  | {
      readonly kind: 'unread';
      readonly found: Found;
      readonly size: number;
      readonly sidecarMs: number | null;
    }
  | { readonly kind: 'read'; readonly read: Read }
  | { readonly kind: 'known'; readonly row: FileRow; readonly caption: string }
  | { readonly kind: 'copy'; readonly row: FileRow; readonly caption: string }
  | { readonly kind: 'fresh'; readonly row: FileRow; readonly caption: string; readonly read: Read }
  | {
      readonly kind: 'new';
      readonly row: FileRow;
      readonly caption: string;
      readonly format: string;
      readonly decoded: DecodedImage;
    };
/** What can be committed. */
export type Ready = Exclude<Item, { kind: 'unread' | 'read' | 'fresh' }>;
