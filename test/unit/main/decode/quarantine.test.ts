import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#contract';
import type { ErrorCode } from '#contract';
import { withQuarantine } from '../../../../main/decode/index.ts';
import type { QuarantineMemory } from '../../../../main/decode/index.ts';
import { makeStore, openStore } from '../../../../main/services/store/index.ts';
import type { Store } from '../../../../main/services/store/index.ts';

const DECODED = { rgb: new Uint8Array(3), thumbnail: new Uint8Array(1), width: 1, height: 1, takenAt: null };
const named = (name: string): Uint8Array => Buffer.from(name);
let folder: string;
let store: Store;
let given: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-quarantine-'));
  store = makeStore(openStore(folder));
  given = [];
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const memory = (version: string): QuarantineMemory => ({
  hasLength: (bytes) => store.read.quarantine.hasLength(version, bytes),
  strikes: (hash) => store.read.quarantine.one(hash, version)?.strikes ?? 0,
  strike: (content_hash, bytes, reason) =>
    void store.write.quarantine.strike({ content_hash, version, bytes, reason, last_at: 1 }),
});

/** A decoder that fails the files of `plan` with their code. */
function decoder(plan: Readonly<Record<string, ErrorCode>>, version = '1') {
  const decode = withQuarantine((file) => {
    const name = Buffer.from(file).toString();
    given.push(name);
    const code = plan[name];
    return code ? Promise.reject(new AppError(code, code)) : Promise.resolve(DECODED);
  }, memory(version));
  return async (name: string): Promise<string> =>
    decode(named(name), 8).then(
      () => 'decoded',
      (error: unknown) => (error as AppError).code,
    );
}

describe('a file that ends the decoder', () => {
  it('by hanging is given to it twice, and not a third time, also after a restart', async () => {
    const first = decoder({ slow: 'decode_timeout' });
    expect([await first('slow'), await first('good')]).toEqual(['decode_timeout', 'decoded']);
    store.close();
    store = makeStore(openStore(folder));
    const second = decoder({ slow: 'decode_timeout' });
    expect(await second('slow')).toBe('decode_timeout');
    expect(await second('slow')).toBe('quarantined');
    expect(given.filter((name) => name === 'slow')).toHaveLength(2);
  });

  it('by killing its process likewise', async () => {
    const decode = decoder({ bomb: 'decode_lost' });
    for (const code of ['decode_lost', 'decode_lost', 'quarantined', 'quarantined'])
      expect(await decode('bomb')).toBe(code);
    expect(given).toEqual(['bomb', 'bomb']);
  });

  it('keeps no other file of its length out, and is tried again by another version', async () => {
    const decode = decoder({ bomb: 'decode_lost' });
    await decode('bomb');
    await decode('bomb');
    expect(await decode('tomb')).toBe('decoded');
    expect(await decoder({}, '2')('bomb')).toBe('decoded');
    expect(await decoder({}, '1')('bomb')).toBe('quarantined');
  });
});

describe('a file that is merely broken', () => {
  it('is never remembered', async () => {
    const decode = decoder({ broken: 'corrupt_image' });
    for (let i = 0; i < 3; i++) expect(await decode('broken')).toBe('corrupt_image');
    expect(store.read.quarantine.hasLength('1', 'broken'.length)).toBe(false);
  });
});
