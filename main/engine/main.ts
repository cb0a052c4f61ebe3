/** Entry of the engine's child process: serves the engine contract over the channel to the host. */
import { availableParallelism } from 'node:os';
import { serve } from '#contract';
import { parentChannel, processLink } from '../link/index.ts';
import { engineContract } from './contract.ts';
import { engineServices } from './service.ts';

// The host's `configure` goes before it, where the user chose a number.
const threads = Number(process.env['ACCENT_THREADS'] ?? '') || availableParallelism();
const link = processLink(parentChannel());
link.onClose(() => {
  process.exit(0);
});
serve(engineContract, engineServices({ threads }), link);
