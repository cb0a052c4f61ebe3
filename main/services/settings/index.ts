import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { Settings, because, misfit } from '#contract';
import type { StudioServices } from '#contract';
import { writeAtomic } from '../../files.ts';

export { storageOf } from './storage.ts';

export interface SettingsService {
  readonly service: Pick<StudioServices['settings'], 'get' | 'set'>;
  current(): Promise<Settings>;
}

/** Settings in one JSON file; a damaged file is an error that names the field, never silently replaced. */
export function makeSettings(path: string): SettingsService {
  async function current(): Promise<Settings> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
      throw error;
    });
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (cause) {
      throw because('settings_not_json', {}, { cause });
    }
    const result = v.safeParse(Settings, json);
    if (result.success) return result.output;
    throw because('settings_misfit', { why: misfit(result.issues, 'whole') });
  }
  return {
    current,
    service: {
      get: current,
      async set(change) {
        const next = { ...(await current()), ...change };
        await writeAtomic(path, `${JSON.stringify(next, null, 2)}\n`);
        return next;
      },
    },
  };
}
