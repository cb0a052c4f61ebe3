import { describe, expect, it } from 'vitest';
import { openNote, openerOf, withoutElectron } from '../../../../main/cli/open-studio.ts';

it('a studio that others can reach says where, what they can do and which folders they can add, in one line', () => {
  const line = openNote(['192.0.2.7', '192.0.2.8'], 8123, ['/photos/2026']);
  expect(line).not.toContain('\n');
  for (const part of ['192.0.2.7:8123', '192.0.2.8:8123', 'whole studio', 'unencrypted', '/photos/2026'])
    expect(line).toContain(part);
  expect(openNote(['192.0.2.7'], 1, [])).toContain('no folders (see --root)');
});

describe('the studio without Electron', () => {
  it('is opened by the system, and not at all on a Linux without a screen', () => {
    expect(openerOf('darwin', {})?.command).toBe('open');
    expect(openerOf('win32', {})?.command).toBe('cmd');
    expect(openerOf('linux', { DISPLAY: ':0' })?.command).toBe('xdg-open');
    expect(openerOf('linux', { WAYLAND_DISPLAY: 'wayland-0' })?.command).toBe('xdg-open');
    expect(openerOf('linux', {})).toBeNull();
  });

  it('says in one line what is missing, how large it is and how to get it', () => {
    for (const opens of [true, false]) {
      const line = withoutElectron(opens);
      expect(line).not.toContain('\n');
      expect(line).toMatch(/120 MB/);
      expect(line).toMatch(/npx install-electron/);
    }
    expect(withoutElectron(false)).toMatch(/open this link/);
  });
});
