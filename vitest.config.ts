import { defineConfig } from 'vitest/config';

/**
 * Three lanes by file name: `*.test.ts` is fast (npm test), `*.ci.test.ts` takes longer (npm run test:ci),
 * `*.long.test.ts` runs before a milestone (npm run test:long). TEST_LANE chooses; the scripts set it.
 */
const LANES = {
  fast: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.ci.test.ts', 'test/**/*.long.test.ts'],
    timeout: 30_000,
  },
  ci: { include: ['test/**/*.ci.test.ts'], exclude: [], timeout: 300_000 },
  long: { include: ['test/**/*.long.test.ts'], exclude: [], timeout: 3_600_000 },
};

const name = process.env.TEST_LANE ?? 'fast';
if (!Object.hasOwn(LANES, name)) {
  throw new Error(`TEST_LANE is "${name}"; expected one of ${Object.keys(LANES).join(', ')}.`);
}
const lane = LANES[name as keyof typeof LANES];

export default defineConfig({
  test: {
    include: lane.include,
    exclude: ['**/node_modules/**', ...lane.exclude],
    testTimeout: lane.timeout,
    hookTimeout: lane.timeout,
    pool: 'forks',
    // A report for .ci/run; a lane without tests must not pass in silence there, so it counts what ran.
    passWithNoTests: name !== 'fast',
    reporters: process.env.TEST_REPORT
      ? ['default', ['json', { outputFile: process.env.TEST_REPORT }]]
      : ['default'],
  },
});
