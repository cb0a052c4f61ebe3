/** Both indexes of this machine against the rules that hold for every index (shared-index.long.test.ts: a server's). */
import { exactIndex, nativeRows } from '../../../../../main/services/catalog/index.ts';
import { int8Index } from '../../../../../main/services/catalog/int8-index.ts';
import { sharedIndex } from '../../../../../main/services/catalog/shared-index.ts';
import { kernel } from '../../../../native/support.ts';
import { memoryServer } from '../../../../support/memory-server.ts';
import { indexSuite } from '../../../../support/vector-index-suite.ts';

indexSuite('the full scan', (dims) => Promise.resolve(exactIndex(dims)));
indexSuite('8-bit codes in WebAssembly', (dims, kept) =>
  Promise.resolve(int8Index(dims, (id) => kept.get(id) as Float32Array)),
);
const rows = nativeRows((width) => kernel().scan.rows(width));
indexSuite('8-bit codes in the native scan', (dims, kept) =>
  Promise.resolve(int8Index(dims, (id) => kept.get(id) as Float32Array, { rows })),
);
// The part of the shared index that runs here, over a server that adds up in float32 in an order of its own.
indexSuite('a shared index', (dims) =>
  sharedIndex(dims, memoryServer(), { ids: () => [], vector: () => new Float32Array(dims) }),
);
