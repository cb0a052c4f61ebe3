/** Ids of new images: opaque, and in the order of their making. */
import { randomUUID } from 'node:crypto';

/**
 * A UUID of version 7 (RFC 9562): 48 bits of time in milliseconds, then 74 random ones. One index of the catalog holds all
 * ids; with these it grows at its end instead of anywhere.
 */
export function newImageId(now: number): string {
  const time = Math.floor(now).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
