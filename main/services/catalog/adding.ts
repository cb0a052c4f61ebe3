/** How folders come in from a page: by dialog or path for whoever sits at this machine, by name of what is offered for others. */
import { basename, resolve } from 'node:path';
import { AppError } from '#contract';
import type { AddsBy, Root, StudioServices } from '#contract';
import type { Roots } from './roots.ts';

export interface AddingOptions {
  readonly roots: Pick<Roots, 'list' | 'rows' | 'counts' | 'register' | 'readable'>;
  readonly pickFolder: (() => Promise<string | null>) | undefined;
  /** Whether a page of this machine may name a folder by its path. */
  readonly mayType: boolean;
  /** Paths of folders that any page may add, by their names. */
  readonly offered: readonly string[];
  /** Tells of a root that came in. */
  readonly told: (adding: Promise<Root>) => Promise<Root>;
}

export type Adding = Pick<StudioServices['catalog'], 'roots' | 'pickRoot' | 'addRoot'>;

/** Folders by the last part of their paths; the second of a name is `name 2`. */
export function namesOf(paths: readonly string[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const path of new Set(paths.map((each) => resolve(each)))) {
    const plain = basename(path) || path;
    let name = plain;
    for (let i = 2; named.has(name); i++) name = `${plain} ${i}`;
    named.set(name, path);
  }
  return named;
}

/** The calls for whoever sits at this machine, and for pages from elsewhere. */
export function makeAdding({ roots, pickFolder, mayType, offered, told }: AddingOptions): {
  readonly own: Adding;
  readonly guest: Adding;
} {
  const named = namesOf(offered);

  function waysOf(adds: AddsBy): Adding {
    return {
      async roots() {
        const known = new Set(roots.rows().map(({ path }) => path));
        const open = [...named].filter(([, path]) => !known.has(path)).map(([name]) => name);
        return { roots: await roots.list(), ...roots.counts(), adds, offered: open };
      },
      async pickRoot() {
        if (adds !== 'dialog' || !pickFolder)
          throw new AppError(
            'not_supported',
            'This host has no folder dialog. Start it with --refs DIR or import DIR on the command line.',
          );
        const path = await pickFolder();
        if (path === null) return { root: null };
        return { root: await told(roots.register(path, false)) };
      },
      async addRoot(asked) {
        if ('name' in asked) {
          // What is offered and gone, and what is not offered, get one answer.
          const path = named.get(asked.name);
          const refused = `There is no folder "${asked.name}" among those that this studio offers.`;
          return { root: await told(roots.readable(path ?? '', refused)) };
        }
        if (adds !== 'path')
          throw new AppError(
            'not_supported',
            'This studio takes no paths from this page. Use its folder dialog, choose one of the folders that it offers (serve --root DIR), or import DIR on the command line.',
          );
        const { path } = asked;
        const refused = `There is no folder "${path}" that the studio may read. Expected the whole path of a folder with images.`;
        return { root: await told(roots.readable(path, refused)) };
      },
    };
  }

  return {
    own: waysOf(pickFolder ? 'dialog' : mayType ? 'path' : named.size > 0 ? 'name' : 'nothing'),
    guest: waysOf(named.size > 0 ? 'name' : 'nothing'),
  };
}
