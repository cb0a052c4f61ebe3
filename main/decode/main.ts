/** Entry of the decoder's child process. */
import { serve } from '#contract';
import { parentChannel, processLink } from '../link/index.ts';
import { decodeContract } from './contract.ts';
import { decodeImage } from './decode.ts';

const link = processLink(parentChannel());
link.onClose(() => {
  process.exit(0);
});
serve(
  decodeContract,
  {
    decode: {
      ready: () => ({}),
      image: ({ file, size, thumbnail }) => decodeImage(file, size, thumbnail),
    },
  },
  link,
);
