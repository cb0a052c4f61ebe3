import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { count, sumReports } from '../../../scripts/sum-reports.mjs';

const folder = mkdtempSync(join(tmpdir(), 'reports-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function report(files: { status: string; tests: string[] }[], success = true): unknown {
  return {
    success,
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((test) => ({ status: test })),
    })),
  };
}

describe('sum of test reports', () => {
  it('counts what passed, failed and was skipped', () => {
    const files = [
      { status: 'passed', tests: ['passed', 'passed', 'skipped'] },
      { status: 'failed', tests: ['failed', 'passed'] },
    ];
    expect(count(report(files, false))).toEqual({ passed: 3, failed: 1, skipped: 1 });
  });

  it('counts a file that could not be loaded, and an error outside of all tests', () => {
    expect(count(report([{ status: 'failed', tests: [] }], false)).failed).toBe(1);
    expect(count(report([{ status: 'passed', tests: ['passed'] }], false)).failed).toBe(1);
  });

  it('adds files and takes a missing one for a failure', () => {
    const good = join(folder, 'good.json');
    writeFileSync(good, JSON.stringify(report([{ status: 'passed', tests: ['passed'] }])));
    const complaints: string[] = [];
    const sum = sumReports([good, good, join(folder, 'absent.json')], (message) => complaints.push(message));
    expect(sum).toEqual({ passed: 2, failed: 1, skipped: 0 });
    expect(complaints.join()).toContain('absent.json');
  });
});
