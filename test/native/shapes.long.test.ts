import { it } from 'vitest';
import { checkShape } from './shapes.ts';

it.each(['l14', 'l14-336'])('%s with seeded weights agrees with PyTorch', (name) => checkShape(name));
