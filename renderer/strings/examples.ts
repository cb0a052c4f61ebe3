/** The example sentence, by what a pack draws; the same in every language, for the packs read English. */
export const EXAMPLES = {
  first: {
    text: 'a blocky person with a full beard, dark shades and a blue beanie on a light background',
    phrases: ['full beard', 'dark shades', 'blue beanie'],
  },
  scenes: {
    text: 'two lemons on the left and a red car on the right, on a blue ground',
    phrases: ['two lemons', 'red car'],
  },
};
