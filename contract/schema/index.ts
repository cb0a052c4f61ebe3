/** All schemas and the types that are inferred from them. */
export * from './activity.ts';
export * from './binary.ts';
export * from './catalog.ts';
export * from './common.ts';
export * from './duplicates.ts';
export * from './evaluation.ts';
export * from './explain.ts';
export * from './gallery.ts';
export * from './job.ts';
export * from './pack.ts';
export * from './packs.ts';
export * from './recipe.ts';
export * from './request.ts';
export * from './set.ts';
export * from './settings.ts';
export * from './study.ts';
