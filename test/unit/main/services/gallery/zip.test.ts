import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zipOf } from '../../../../../main/services/gallery/zip.ts';

describe('an archive', () => {
  it('is read by another program, with names in any script and the very bytes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'accent-zip-'));
    try {
      const files = [
        { name: 'a.png', bytes: Buffer.from('first') },
        { name: '髭-é.png', bytes: Buffer.alloc(70_000, 7) },
        { name: 'empty.png', bytes: Buffer.alloc(0) },
      ];
      const path = join(folder, 'pairs.zip');
      writeFileSync(path, zipOf(files));
      const script = [
        'import sys, zipfile, json, hashlib',
        'z = zipfile.ZipFile(sys.argv[1])',
        'assert z.testzip() is None',
        'print(json.dumps([[i.filename, hashlib.sha256(z.read(i)).hexdigest()] for i in z.infolist()]))',
      ].join('\n');
      const listed = JSON.parse(
        execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }),
      ) as string[][];
      expect(listed.map(([name]) => name)).toEqual(files.map(({ name }) => name));
      expect(new Set(listed.map(([, hash]) => hash)).size).toBe(3);
      expect(zipOf(files)).toEqual(readFileSync(path));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
