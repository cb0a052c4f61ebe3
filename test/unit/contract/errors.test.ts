import { describe, expect, it } from 'vitest';
import { AppError, ERROR_CODES, SKIP_REASONS, isErrorCode, toAppError } from '../../../contract/index.ts';

describe('errors', () => {
  it('have codes in lower snake case, each once, and every skip reason is one', () => {
    for (const code of ERROR_CODES) expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
    for (const reason of SKIP_REASONS) expect(isErrorCode(reason)).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });

  it('pass through unchanged', () => {
    const error = new AppError('disk_full', 'full', { details: { free: 1 } });
    expect(toAppError(error)).toBe(error);
  });

  it('know an abort, an errno and nothing else', () => {
    expect(toAppError(new DOMException('stop', 'AbortError')).code).toBe('cancelled');
    const errno = Object.assign(new Error("ENOSPC: no space left, write '/secret/x'"), { code: 'ENOSPC' });
    const full = toAppError(errno);
    expect(full.code).toBe('disk_full');
    expect(full.message).not.toContain('secret');
    expect(full.cause).toBe(errno);
    const coded = (code: string) => toAppError(Object.assign(new Error('x'), { code })).code;
    expect(coded('SQLITE_FULL')).toBe('disk_full');
    expect(coded('SQLITE_IOERR_WRITE')).toBe('io_error');
    expect(coded('SQLITE_READONLY_DBMOVED')).toBe('read_only');
    expect(coded('SQLITE_CONSTRAINT_UNIQUE')).toBe('internal');
    expect(coded('ENOTDIR')).toBe('io_error');
    expect(toAppError(Object.assign(new Error('x'), { code: 'constructor' })).code).toBe('internal');
    for (const thrown of [null, undefined, 'text', 5, {}, new Error('x')]) {
      expect(toAppError(thrown).code).toBe('internal');
      expect(toAppError(thrown, 'link_closed').code).toBe('link_closed');
    }
  });
});
