/** What closing the window means while the queue is at work. */
import type { App, BrowserWindow } from 'electron';
import type { StudioServices } from '#contract';

/**
 * A closed window stops no run: while one is on, or waits for a turn that comes, closing only hides the window. Starting the
 * program again shows it; when the queue is through and nobody did, the program ends. Quitting ends it at once, as ever.
 * Resolves when `signal` is aborted.
 */
export async function keepRuns(
  app: App,
  window: BrowserWindow,
  queue: StudioServices['jobs']['queue'],
  signal: AbortSignal,
): Promise<void> {
  let isBusy = false;
  let isHidden = false;
  let isQuitting = false;
  const show = (): void => {
    if (isHidden) window.show();
    isHidden = false;
  };
  app.on('before-quit', () => {
    isQuitting = true;
  });
  app.on('second-instance', show);
  app.on('activate', show);
  window.on('close', (event) => {
    if (isQuitting || !isBusy) return;
    event.preventDefault();
    isHidden = true;
    window.hide();
  });
  try {
    for await (const { running, waiting, paused } of queue({}, { signal })) {
      isBusy = running !== null || (!paused && waiting.length > 0);
      if (!isBusy && isHidden) app.quit();
    }
  } finally {
    // Without word of the queue a window that cannot be closed would be worse than a run that is interrupted.
    isBusy = false;
    if (isHidden && !signal.aborted) app.quit();
  }
}
