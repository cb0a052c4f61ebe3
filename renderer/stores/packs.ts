import { toAppError } from '#contract';
import type { AppError, DoctorReport, PackList } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { useConnectionStore } from './connection.ts';

/** The packs that the host found, the one that is used, and what runs where. */
export const usePacksStore = defineStore('packs', () => {
  const connection = useConnectionStore();
  const list = shallowRef<PackList>();
  const error = shallowRef<AppError>();
  const wantedId = ref<string | null>(null);
  const report = shallowRef<DoctorReport>();
  const reportError = shallowRef<AppError>();
  const checking = ref(false);

  const usable = computed(() => list.value?.packs.filter((pack) => pack.role === 'generation') ?? []);
  /** The chosen pack, else the first that can generate. */
  const current = computed(
    () => usable.value.find((pack) => pack.packId === wantedId.value) ?? usable.value[0],
  );

  async function load(): Promise<void> {
    try {
      const client = await connection.client();
      list.value = await client.packs.list({});
      error.value = undefined;
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  /** Probes all backends again; takes some seconds. */
  async function check(): Promise<void> {
    if (checking.value) return;
    checking.value = true;
    try {
      const client = await connection.client();
      report.value = await client.packs.doctor({});
      reportError.value = undefined;
    } catch (thrown) {
      reportError.value = toAppError(thrown);
    } finally {
      checking.value = false;
    }
  }

  return { list, error, wantedId, usable, current, report, reportError, checking, load, check };
});
