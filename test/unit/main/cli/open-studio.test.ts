import { describe, expect, it } from 'vitest';
import { openerOf, withoutElectron } from '../../../../main/cli/open-studio.ts';

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
