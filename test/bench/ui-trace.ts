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
  readonly args?: { readonly name?: string };
}

export interface Frames {
  /** Milliseconds of main-thread work between the beginnings of two frames. */
  readonly work: number[];
  /** The processor time in it, which other programs hardly change. */
  readonly cpu: number[];
  readonly drawn: number;
  readonly dropped: number;
}

export const TRACED = [
  'toplevel',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
  'devtools.timeline.frame',
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
  const begins = own
    .filter(({ name }) => name === 'BeginMainThreadFrame')
    .map(({ ts }) => ts)
    .sort((a, b) => a - b);
  const tasks = outermost(own.filter(({ name, ph }) => ph === 'X' && /(^|:)RunTask$/.test(name)));
  const work = begins.slice(0, -1).map(() => 0);
  const cpu = work.map(() => 0);
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    let at = begins.findIndex((begin) => begin > ts) - 1;
    if (at === -2) at = -1;
    if (at < 0 || at >= work.length) continue;
    work[at] = (work[at] ?? 0) + dur / 1000;
    cpu[at] = (cpu[at] ?? 0) + tdur / 1000;
  }
  const pid = Number(thread.split(' ')[0]);
  const count = (wanted: string): number =>
    traceEvents.filter((event) => event.name === wanted && event.pid === pid).length;
  return { work, cpu, drawn: count('DrawFrame'), dropped: count('DroppedFrame') };
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
