import { because, toAppError } from '#contract';
import type { AppError, DoctorReport, FileCheck, PackList } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { manifestOf } from '../features/packs/pack-source.ts';
import type { PackSource } from '../features/packs/pack-source.ts';
import { useConnectionStore } from './connection.ts';

/** A message holds at most a megabyte. */
const PIECE = 512 * 1024;

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

  const cards = shallowRef<ReadonlyMap<string, string>>(new Map());
  const files = shallowRef<ReadonlyMap<string, readonly FileCheck[]>>(new Map());
  const verifying = ref<string | null>(null);
  /** The import that is on: how much has gone over, 0 .. 1; at 1 the host checks it. */
  const importing = shallowRef<{ readonly name: string; readonly share: number }>();
  const importError = shallowRef<AppError>();

  async function loadCard(packId: string): Promise<void> {
    if (cards.value.has(packId)) return;
    try {
      const { text } = await (await connection.client()).packs.card({ packId });
      cards.value = new Map([...cards.value, [packId, text]]);
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  /** Reads every file of a pack again; some seconds for a large one. */
  async function verify(packId: string): Promise<void> {
    if (verifying.value !== null) return;
    verifying.value = packId;
    try {
      const checked = await (await connection.client()).packs.verify({ packId });
      files.value = new Map([...files.value, [packId, checked.files]]);
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      verifying.value = null;
    }
  }

  /** Sends a pack's files to the host, which installs it if it passes every check. Answers with its id, or null. */
  async function importPack(give: () => PackSource | Promise<PackSource>): Promise<string | null> {
    if (importing.value) return null;
    importError.value = undefined;
    importing.value = { name: '', share: 0 };
    try {
      const source = await give();
      const manifest = await manifestOf(source);
      const client = await connection.client();
      const { id: packId, name } = manifest;
      let { lacks } = await client.packs.take(manifest);
      const total = Object.values(manifest.parts).reduce(
        (sum, part) => sum + part.bytes,
        manifest.golden.bytes,
      );
      for (let next = lacks[0]; next; next = lacks[0]) {
        const left = lacks.reduce((sum, { from, bytes }) => sum + ((bytes ?? from) - from), 0);
        importing.value = { name, share: 1 - left / total };
        const file = source.get(next.file);
        const piece = file?.slice(next.from, next.from + PIECE);
        if (!piece || piece.size === 0) throw because('chosen_file_missing', { file: next.file });
        const data = new Uint8Array(await piece.arrayBuffer());
        ({ lacks } = await client.packs.takeBytes({ packId, file: next.file, from: next.from, data }));
      }
      importing.value = { name, share: 1 };
      await client.packs.install({ packId });
      await load();
      void check();
      return packId;
    } catch (thrown) {
      importError.value = toAppError(thrown);
      return null;
    } finally {
      importing.value = undefined;
    }
  }

  /** Deletes an imported pack. */
  async function remove(packId: string): Promise<void> {
    try {
      await (await connection.client()).packs.remove({ packId });
      await load();
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  return {
    list,
    error,
    wantedId,
    usable,
    current,
    report,
    reportError,
    checking,
    cards,
    files,
    verifying,
    importing,
    importError,
    load,
    check,
    loadCard,
    verify,
    importPack,
    remove,
  };
});
