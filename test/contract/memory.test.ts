import { memoryPair } from '../../contract/index.ts';
import { linkSuite, suiteHost } from './suite.ts';

linkSuite('memoryPair', () => {
  const [near, far] = memoryPair();
  return { near, host: suiteHost(far) };
});
