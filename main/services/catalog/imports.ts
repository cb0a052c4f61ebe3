/** Imports that run: one for each root, each with its switch. */
import { AppError, because, errorBody } from '#contract';
import type { ErrorBody, ImportEvent, ImportReport } from '#contract';
import { makeActivity } from './activity.ts';
import { makePause } from './pace.ts';
import type { Pause } from './pace.ts';

/** Reads one root from its beginning to its report. */
export type RunImport = (
  rootId: string,
  packId: string,
  pause: Pause,
  signal: AbortSignal,
) => AsyncIterable<ImportEvent>;

export function makeImports(run: RunImport) {
  const running = new Map<string, Pause>();
  const activity = makeActivity();

  /** Throws `conflict` while the root is being read already. */
  async function* start(rootId: string, packId: string, signal: AbortSignal): AsyncGenerator<ImportEvent> {
    idle(rootId);
    const pause = makePause();
    running.set(rootId, pause);
    let last: ImportEvent | null = null;
    let error: ErrorBody | null = null;
    const tell = (isOn: boolean): void => {
      activity.tell({ type: 'import', rootId, running: isOn, last, error });
    };
    try {
      tell(true);
      for await (const event of run(rootId, packId, pause, signal)) {
        last = event;
        tell(true);
        yield event;
      }
    } catch (thrown) {
      if (!signal.aborted) error = errorBody(thrown);
      throw thrown;
    } finally {
      running.delete(rootId);
      tell(false);
    }
  }

  function idle(rootId: string): void {
    if (running.has(rootId)) throw because('folder_busy', {});
  }

  function rest(rootId: string, paused: boolean): { running: boolean; paused: boolean } {
    const pause = running.get(rootId);
    pause?.set(paused);
    return { running: pause !== undefined, paused: pause?.paused ?? false };
  }

  return {
    start,
    idle,
    rest,
    activity: (signal: AbortSignal) => activity.watch(signal),
    /** Folders or images came or went beside an import. */
    changed: () => {
      activity.tell({ type: 'changed' });
    },
    isRunning: (rootId: string) => running.has(rootId),
    some: () => running.size > 0,
    /** Reads a root and gives its report alone. */
    async report(rootId: string, packId: string, signal: AbortSignal): Promise<ImportReport> {
      for await (const event of start(rootId, packId, signal))
        if (event.type === 'report') return event.report;
      throw new AppError('internal', 'The import ended without a report.');
    },
  };
}
