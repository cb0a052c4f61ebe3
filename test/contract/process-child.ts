/** The far end of the process suite: serves the suite's contract to its parent and answers `look` on the pipes. */
import { createInterface } from 'node:readline';
import { parentChannel, processLink } from '../../main/link/index.ts';
import { suiteHost } from './suite-contract.ts';

const host = suiteHost(processLink(parentChannel()));
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'close') host.close();
  else void Promise.resolve(host.look()).then((look) => process.stdout.write(`${JSON.stringify(look)}\n`));
});
