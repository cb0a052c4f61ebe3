import { en } from './en.ts';
import type { Strings } from './en.ts';

/** The words that the page shows. */
export const t: Strings = en;
