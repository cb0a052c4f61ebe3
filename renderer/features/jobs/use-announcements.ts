import { watch } from 'vue';
import { useJobsStore } from '../../stores/jobs.ts';
import { useNoticesStore } from '../../stores/notices.ts';
import { t } from '../../strings/index.ts';
import type { Job } from '../../stores/jobs.ts';

/** Tells the live region when a run starts, changes its picture, ends or fails. */
export function useAnnouncements(): void {
  const jobs = useJobsStore();
  const notices = useNoticesStore();
  const told = new Map<string, string>();

  function sentence({ view, prompt }: Job): string | undefined {
    switch (view.state) {
      case 'queued':
        return undefined;
      case 'running':
        return view.i === 0 || view.arm === null
          ? t.job.saidStarted(prompt)
          : t.job.saidHalf(t.arms[view.arm]);
      case 'done':
        return t.job.saidDone(t.duration(view.wallSeconds ?? 0));
      case 'cancelled':
        return t.job.saidCancelled;
      case 'failed':
      case 'interrupted':
        return t.job.saidFailed(view.error ? t.error.said(view.error) : '');
    }
  }

  watch(
    () => jobs.jobs,
    (now) => {
      for (const [id, job] of now) {
        const text = sentence(job);
        if (text === undefined || told.get(id) === text) continue;
        told.set(id, text);
        notices.announce(text);
      }
    },
  );
}
