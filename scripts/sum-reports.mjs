// Adds up vitest's JSON reports and prints one line, "N passed, N failed" (skipped tests are named when there are any).
//   node scripts/sum-reports.mjs REPORT...
// Exits with 1 when anything failed, when a report is missing or broken, or when nothing ran.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @typedef {{ passed: number, failed: number, skipped: number }} Sum */

/**
 * Counts one report. A file that failed without a failed test (it could not be loaded) counts as one failure, and so
 * does a report that says it was no success without any failure in it (an error outside the tests).
 * @param {any} report what vitest's `json` reporter writes
 * @returns {Sum}
 */
export function count(report) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    let failedHere = 0;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') sum.passed++;
      else if (status === 'failed') failedHere++;
      else sum.skipped++;
    }
    if (file.status === 'failed' && failedHere === 0) failedHere = 1;
    sum.failed += failedHere;
  }
  if (report.success === false && sum.failed === 0 && report.testResults.length > 0) sum.failed = 1;
  return sum;
}

/**
 * Adds up report files; a file that cannot be read counts as one failure and is named.
 * @param {string[]} files
 * @param {(message: string) => void} complain
 * @returns {Sum}
 */
export function sumReports(files, complain) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const file of files) {
    try {
      const { passed, failed, skipped } = count(JSON.parse(readFileSync(file, 'utf8')));
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
    } catch (error) {
      complain(`${file}: no usable report (${error instanceof Error ? error.message : error})`);
      total.failed++;
    }
  }
  return total;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed, skipped } = sumReports(process.argv.slice(2), (message) => console.error(message));
  if (skipped > 0) console.error(`${skipped} skipped`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
