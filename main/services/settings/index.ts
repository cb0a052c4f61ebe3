import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { AppError, Settings, misfit } from '#contract';
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
      throw new AppError(
        'invalid_input',
        'The settings file is not JSON. Mend it, or delete it to start with the defaults.',
        { cause },
      );
    }
    const result = v.safeParse(Settings, json);
    if (result.success) return result.output;
    throw new AppError('invalid_input', `The settings file does not fit: ${misfit(result.issues, 'whole')}`);
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
