import { describe, expect, it } from 'vitest';
import { framesOf } from '../../bench/ui-trace.ts';

const main = { pid: 1, tid: 2 };
const named = { ...main, name: 'thread_name', ph: 'M', ts: 0, args: { name: 'CrRendererMain' } };
const begin = (ts: number) => ({ ...main, name: 'BeginMainThreadFrame', ph: 'I', ts });
const task = (ts: number, dur: number, name = 'RunTask') => ({
  ...main,
  name,
  ph: 'X',
  ts,
  dur,
  tdur: dur / 2,
});
const read = (...traceEvents: object[]) => framesOf(JSON.stringify({ traceEvents: [named, ...traceEvents] }));

describe('the frames of a trace', () => {
  it('count a task once, however many categories tell of it', () => {
    const inner = task(1010, 3900, 'ThreadControllerImpl::RunTask');
    const { work, cpu } = read(begin(1000), task(1001, 4000), inner, task(6000, 1000), begin(17_000));
    expect(work).toEqual([5]);
    expect(cpu).toEqual([2.5]);
  });

  it('have the work that began between their beginnings, of the main thread alone', () => {
    const other = { ...task(2000, 9000), tid: 3 };
    const { work } = read(begin(0), task(1, 1000), other, begin(16_000), task(16_001, 2000), begin(32_000));
    expect(work).toEqual([1, 2]);
  });

  it('begin within a task of their own', () => {
    const { work } = read(task(999, 3000), begin(1000), task(8000, 1000), task(16_999, 5000), begin(17_000));
    expect(work).toEqual([4]);
  });

  it('are not dropped when the display had nothing to change', () => {
    const frame = (name: string, frameSeqId: number, ts: number) => ({
      ...{ pid: 1, tid: 9, name, ph: 'I', ts },
      args: { frameSeqId },
    });
    const turn = (ts: number) => ({ ...task(ts, 500, 'DisplayScheduler::DrawAndSwap'), pid: 5, tid: 6 });
    const skip = (ts: number) => ({ pid: 5, tid: 6, name: 'Swap skipped.', ph: 'I', ts });
    const found = read(
      begin(0),
      ...[frame('DroppedFrame', 7, 0), frame('DrawFrame', 7, 4000), turn(4200), skip(4300)],
      ...[frame('DroppedFrame', 8, 16_000), frame('DrawFrame', 8, 20_000), turn(20_200)],
      ...[frame('DroppedFrame', 9, 32_000), turn(36_000), skip(36_100)],
      begin(50_000),
    );
    expect([found.drawn, found.dropped, found.unchanged]).toEqual([1, 2, 1]);
  });

  it('are counted as drawn or dropped', () => {
    const frame = (name: string) => ({ pid: 1, tid: 9, name, ph: 'I', ts: 1 });
    const { drawn, dropped } = read(
      begin(0),
      frame('DrawFrame'),
      frame('DrawFrame'),
      frame('DroppedFrame'),
      begin(9),
    );
    expect([drawn, dropped]).toEqual([2, 1]);
  });
});
