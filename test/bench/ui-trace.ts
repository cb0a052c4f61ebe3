/** What a Chromium trace says of a stretch of frames: main-thread work for each, and how many were dropped. */

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  /** Processor time of the thread within `dur`. */
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string; readonly frameSeqId?: number };
}

export interface Frames {
  /** Milliseconds of main-thread work of each frame: from its beginning to that of the next. */
  readonly work: number[];
  /** The processor time in it, which other programs hardly change. */
  readonly cpu: number[];
  /** Frames that changed something on the screen. */
  readonly drawn: number;
  /** Frames that came too late or not at all. */
  readonly dropped: number;
  /**
   * Frames that the trace calls dropped although they were drawn in time: the display left them out, since nothing on the
   * screen was other than before (a picture beside the view has come, say). Nobody can miss them.
   */
  readonly unchanged: number;
}

/** Only what is read here: to write down an event costs the thread that is measured. Without the star the rest comes too. */
export const TRACED = [
  '-*',
  'viz',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
];

/** Reads a trace (JSON). The page's renderer is the process whose main thread began most frames. */
export function framesOf(trace: string): Frames {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const main = new Map<string, number>();
  for (const { name, ph, pid, tid, args } of traceEvents)
    if (ph === 'M' && name === 'thread_name' && args?.name === 'CrRendererMain') main.set(`${pid} ${tid}`, 0);
  const onMain = traceEvents.filter(({ pid, tid }) => main.has(`${pid} ${tid}`));
  for (const { name, pid, tid } of onMain)
    if (name === 'BeginMainThreadFrame') main.set(`${pid} ${tid}`, (main.get(`${pid} ${tid}`) ?? 0) + 1);
  const [thread = ''] = [...main].sort((a, b) => b[1] - a[1])[0] ?? [];
  const own = onMain.filter(({ pid, tid }) => `${pid} ${tid}` === thread);
  const begins = timesOf(own, 'BeginMainThreadFrame');
  const tasks = outermost(own.filter(({ name, ph }) => ph === 'X' && /(^|:)RunTask$/.test(name)));
  const work = begins.slice(0, -1).map(() => 0);
  const cpu = work.map(() => 0);
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    // A frame begins within its own task.
    const at = begins.findLastIndex((begin) => begin <= ts + dur);
    if (at < 0 || at >= work.length) continue;
    work[at] = (work[at] ?? 0) + dur / 1000;
    cpu[at] = (cpu[at] ?? 0) + tdur / 1000;
  }
  const pid = Number(thread.split(' ')[0]);
  const ofPage = traceEvents.filter((event) => event.pid === pid);
  const lost = ofPage.filter(({ name }) => name === 'DroppedFrame');
  const leftOut = isUnchanged(ofPage, traceEvents);
  const unchanged = lost.filter(leftOut).length;
  const drawn = ofPage.filter((event) => event.name === 'DrawFrame' && !leftOut(event)).length;
  return { work, cpu, drawn, dropped: lost.length - unchanged, unchanged };
}

const timesOf = (events: readonly TraceEvent[], wanted: string): number[] =>
  events
    .filter(({ name }) => name === wanted)
    .map(({ ts }) => ts)
    .sort((a, b) => a - b);

/** Whether the display, when it was its turn to show this frame of the page, found nothing to change and left it out. */
function isUnchanged(
  ofPage: readonly TraceEvent[],
  all: readonly TraceEvent[],
): (frame: TraceEvent) => boolean {
  const drawnAt = new Map<number | undefined, number>();
  for (const { name, ts, args } of ofPage) if (name === 'DrawFrame') drawnAt.set(args?.frameSeqId, ts);
  const turns = all
    .filter(({ name }) => name === 'DisplayScheduler::DrawAndSwap')
    .sort((a, b) => a.ts - b.ts);
  const skips = timesOf(all, 'Swap skipped.');
  return ({ args }) => {
    const at = drawnAt.get(args?.frameSeqId);
    if (at === undefined) return false;
    // The page tells of a drawn frame just after it has sent it.
    const turn = turns.find(({ ts }) => ts > at - 1000);
    return turn !== undefined && skips.some((skip) => skip >= turn.ts && skip <= turn.ts + (turn.dur ?? 0));
  };
}

/** Two categories tell of each task, one within the other: only the outer one counts. */
function outermost(tasks: readonly TraceEvent[]): TraceEvent[] {
  let end = -Infinity;
  const sorted = [...tasks].sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  return sorted.filter(({ ts, dur = 0 }) => {
    if (ts < end) return false;
    end = ts + dur;
    return true;
  });
}
