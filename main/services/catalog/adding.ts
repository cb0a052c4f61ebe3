/** How folders come in from a page: by dialog or path for whoever sits at this machine, by name of what is offered for others. */
import { basename, resolve } from 'node:path';
import { because } from '#contract';
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
        if (adds !== 'dialog' || !pickFolder) throw because('no_folder_dialog', {});
        const path = await pickFolder();
        if (path === null) return { root: null };
        return { root: await told(roots.register(path, false)) };
      },
      async addRoot(asked) {
        if ('name' in asked) {
          // What is offered and gone, and what is not offered, get one answer.
          const path = named.get(asked.name);
          const refused = because('folder_not_offered', { folder: asked.name });
          return { root: await told(roots.readable(path ?? '', refused)) };
        }
        if (adds !== 'path') throw because('no_typed_paths', {});
        const { path } = asked;
        return { root: await told(roots.readable(path, because('folder_refused', { folder: path }))) };
      },
    };
  }

  return {
    own: waysOf(pickFolder ? 'dialog' : mayType ? 'path' : named.size > 0 ? 'name' : 'nothing'),
    guest: waysOf(named.size > 0 ? 'name' : 'nothing'),
  };
}
