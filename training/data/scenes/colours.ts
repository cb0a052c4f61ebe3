/** Colours that some objects of the scenes come in, and the grounds they stand on. */
export interface Colour {
  readonly id: string;
  readonly say: readonly string[];
  readonly held: readonly string[];
}

/** Target of a recoloured part: hue 0..360, and the mean saturation and value that it gets, 0..1. */
export interface Paint extends Colour {
  readonly hue: number;
  readonly saturation: number;
  readonly value: number;
}

export const PAINTS: readonly Paint[] = [
  { id: 'red', say: ['red', 'bright red'], held: ['scarlet'], hue: 354, saturation: 0.82, value: 0.88 },
  { id: 'yellow', say: ['yellow', 'bright yellow'], held: ['golden'], hue: 46, saturation: 0.8, value: 0.97 },
  { id: 'green', say: ['green', 'bright green'], held: ['emerald'], hue: 135, saturation: 0.66, value: 0.7 },
  { id: 'blue', say: ['blue', 'bright blue'], held: ['azure'], hue: 212, saturation: 0.8, value: 0.9 },
  { id: 'purple', say: ['purple', 'violet'], held: ['lilac'], hue: 272, saturation: 0.62, value: 0.78 },
];

export interface Ground extends Colour {
  readonly hex: string;
}

export const GROUNDS: readonly Ground[] = [
  { id: 'white', hex: '#f3f4f1', say: ['white', 'plain white'], held: ['snow-white'] },
  { id: 'grey', hex: '#8d949c', say: ['grey', 'gray'], held: ['slate'] },
  { id: 'yellow', hex: '#fbdb6b', say: ['yellow', 'light yellow'], held: ['golden'] },
  { id: 'pink', hex: '#f7b3cd', say: ['pink', 'light pink'], held: ['rose'] },
  { id: 'green', hex: '#a5d99b', say: ['green', 'light green'], held: ['emerald'] },
  { id: 'blue', hex: '#a3d3f2', say: ['light blue', 'sky blue'], held: ['azure'] },
  { id: 'purple', hex: '#b39ddb', say: ['purple', 'lavender'], held: ['lilac'] },
  { id: 'navy', hex: '#2b3a67', say: ['dark blue', 'navy blue'], held: ['ultramarine'] },
];
