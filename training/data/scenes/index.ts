/** The domain of scenes: two objects of 48, on a coloured ground. */
export { caption } from './caption.ts';
export { GROUPS, HELD_OUT_PAIRS } from './glossary.ts';
export { picture } from './render.ts';
export { drawScene } from './scene.ts';
export { SPLITS } from './splits.ts';
export { loadSprites } from './sprites.ts';
