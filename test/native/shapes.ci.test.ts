import { it } from 'vitest';
import { checkShape } from './shapes.ts';

it.each(['b32', 'b16'])('%s with seeded weights agrees with PyTorch', (name) => checkShape(name));
