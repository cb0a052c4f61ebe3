import { first } from './1000-first.ts';
import { gallery } from './1100-gallery.ts';
import { quarantine } from './1150-quarantine.ts';
import { catalog } from './1200-catalog.ts';
import { counters } from './1210-counters.ts';
import { listOrder } from './1220-list-order.ts';
import { sets } from './1300-sets.ts';
import { identity } from './1310-identity.ts';
import { numbers } from './1400-numbers.ts';
import { rootImages } from './1410-root-images.ts';
import { halves } from './1420-halves.ts';

/** One numbered step of the schema; its statements run in one transaction with the new version number. */
export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

/** In order, numbered with gaps. A released migration is never changed. */
export const MIGRATIONS: readonly Migration[] = [
  first,
  gallery,
  quarantine,
  catalog,
  counters,
  listOrder,
  sets,
  identity,
  numbers,
  rootImages,
  halves,
];
