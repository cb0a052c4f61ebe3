/** Which system calls a program and its children make that could change files, told by strace. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OPENS = ['open', 'openat', 'openat2', 'creat'];
const CHANGES = [
  ...[
    'rename',
    'renameat',
    'renameat2',
    'unlink',
    'unlinkat',
    'rmdir',
    'mkdir',
    'mkdirat',
    'mknod',
    'mknodat',
  ],
  ...['link', 'linkat', 'symlink', 'symlinkat', 'truncate', 'ftruncate', 'fallocate'],
  ...['chmod', 'fchmod', 'fchmodat', 'fchmodat2', 'chown', 'lchown', 'fchown', 'fchownat'],
  ...['utime', 'utimes', 'utimensat', 'futimesat'],
  ...['setxattr', 'lsetxattr', 'fsetxattr', 'removexattr', 'lremovexattr', 'fremovexattr'],
];
/** A question mark lets strace pass over names that this machine's kernel does not have. */
const WATCHED = [...OPENS, ...CHANGES].map((name) => `?${name}`).join(',');
const FOR_WRITING = /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE/;

/** Why nothing can be traced here; null where it can. */
export function noTrace(): string | null {
  if (process.platform !== 'linux') return 'strace is for Linux';
  const tried = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']);
  if (tried.error) return 'strace is not installed';
  return tried.status === 0 ? null : 'this system lets nobody trace a process';
}

export interface Traced {
  readonly status: number | null;
  readonly stdout: string;
  /** One line a call, as strace writes it; descriptors with their paths. */
  readonly calls: readonly string[];
}

/** Runs a program to its end with its file-changing calls written down. */
export function trace(command: string, args: readonly string[], env: Record<string, string> = {}): Traced {
  const log = join(tmpdir(), `accent-trace-${randomUUID()}`);
  try {
    const { status, stdout } = spawnSync(
      'strace',
      ['-f', '-y', '--seccomp-bpf', '-o', log, '-e', `trace=${WATCHED}`, command, ...args],
      // What goes through io_uring would not be seen.
      { env: { ...process.env, UV_USE_IO_URING: '0', ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    // Where threads cut a call in two, the first half has all that was asked for.
    const calls = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => !/^\d+ +<\.\.\. \w+ resumed>/.test(line));
    return { status, stdout: stdout.toString(), calls };
  } finally {
    rmSync(log, { force: true });
  }
}

const isOpen = (call: string): boolean => /^\d+ +(open|openat|openat2|creat)\(/.test(call);
const names = (call: string, folder: string): boolean =>
  [`${folder}/`, `${folder}"`, `${folder}>`].some((name) => call.includes(name));

/** Calls that name something at or below a folder and could change it, failed ones included. */
export const changesBelow = (calls: readonly string[], folder: string): string[] =>
  calls.filter(
    (call) => names(call, folder) && (!isOpen(call) || / creat\(/.test(call) || FOR_WRITING.test(call)),
  );

/** Opens at or below a folder that only read. */
export const readsBelow = (calls: readonly string[], folder: string): string[] =>
  calls.filter((call) => names(call, folder) && isOpen(call) && !FOR_WRITING.test(call));
