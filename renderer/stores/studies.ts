import { RatingSheet, parse, toAppError } from '#contract';
import type { AppError, MakeStudy, StudyList, StudyReveal, StudySummary } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { imagesOf, readPackFile, writePackFile } from '../features/study/pack-file.ts';
import { useConnectionStore } from './connection.ts';
import { saveFile } from './files.ts';

/** Bytes of pictures in one message; a message holds at most a megabyte. */
const MOST_BYTES = 600_000;
const MOST_IMAGES = 100;

/** The blind studies that are here, and what is done with them besides rating. */
export const useStudiesStore = defineStore('studies', () => {
  const connection = useConnectionStore();
  const list = shallowRef<StudyList>();
  const error = shallowRef<AppError>();
  const chosenId = ref<string | null>(null);
  const revealed = shallowRef<StudyReveal>();
  /** What is being done and how far, 0 .. 1. */
  const busy = shallowRef<{ readonly what: 'export' | 'import' | 'reveal'; readonly share: number }>();

  const chosen = computed<StudySummary | undefined>(() =>
    list.value?.studies.find(({ studyId }) => studyId === chosenId.value),
  );
  const results = computed(() =>
    revealed.value?.results.studyId === chosenId.value ? revealed.value : undefined,
  );

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      error.value = undefined;
      await work();
    } catch (thrown) {
      error.value = toAppError(thrown);
    } finally {
      busy.value = undefined;
    }
  }

  const refresh = async (): Promise<void> => {
    list.value = await (await connection.client()).study.list({});
  };
  const load = (): Promise<void> => attempt(refresh);

  function choose(studyId: string | null): void {
    chosenId.value = studyId;
    error.value = undefined;
  }

  /** Draws a set; what is drawn is by chance. False when it was refused. */
  async function make(wanted: Omit<MakeStudy, 'seed'>): Promise<boolean> {
    await attempt(async () => {
      const [seed = 1] = crypto.getRandomValues(new Uint32Array(1));
      await (await connection.client()).study.make({ ...wanted, seed });
      await refresh();
      chosenId.value = wanted.studyId;
    });
    return error.value === undefined;
  }

  /** The set and its pictures as one file for other raters. */
  const exportSet = (studyId: string): Promise<void> =>
    attempt(async () => {
      const client = await connection.client();
      const set = await client.study.set({ studyId });
      const names = imagesOf(set.items);
      const images = new Map<string, Uint8Array>();
      for (const [i, image] of names.entries()) {
        busy.value = { what: 'export', share: i / names.length };
        images.set(image, (await client.study.image({ studyId, image })).png);
      }
      saveFile(`${studyId}.accent-study.json`, 'application/json', writePackFile({ set, images }));
    });

  /** A rater's sheet as a file, to be sent back to whoever made the set. */
  const exportSheet = (studyId: string, rater: string): Promise<void> =>
    attempt(async () => {
      const sheet = await (await connection.client()).study.sheet({ studyId, rater });
      saveFile(`${studyId}-${rater}.accent-ratings.json`, 'application/json', JSON.stringify(sheet, null, 1));
    });

  /** Takes in a set from another studio, or a sealed sheet for a set of ours: the file says which it is. */
  const importFile = (file: File): Promise<void> =>
    attempt(async () => {
      const text = await file.text();
      const client = await connection.client();
      if (text.slice(0, 400).includes('"accent-ratings"')) {
        const sheet = await parse(RatingSheet, JSON.parse(text), file.name);
        await client.study.merge({ studyId: sheet.studyId, sheet });
        await refresh();
        chosenId.value = sheet.studyId;
        return;
      }
      const { set, images } = await readPackFile(text);
      const { studyId } = set;
      const { lacks } = await client.study.take(set);
      let at = 0;
      while (at < lacks.length) {
        busy.value = { what: 'import', share: at / lacks.length };
        const some: { image: string; png: Uint8Array }[] = [];
        for (let bytes = 0; at < lacks.length && some.length < MOST_IMAGES; at++) {
          const image = lacks[at] as string;
          const png = images.get(image) as Uint8Array;
          bytes += png.length;
          if (some.length > 0 && bytes > MOST_BYTES) break;
          some.push({ image, png });
        }
        await client.study.takeImages({ studyId, images: some });
      }
      await refresh();
      chosenId.value = studyId;
    });

  /** Names the arms; refused while a sheet is open. */
  const reveal = (studyId: string): Promise<void> =>
    attempt(async () => {
      busy.value = { what: 'reveal', share: 0 };
      revealed.value = await (await connection.client()).study.reveal({ studyId });
    });

  function saveResults(kind: 'csv' | 'json'): void {
    const { value } = results;
    if (!value) return;
    saveFile(
      `${value.results.studyId}.${kind}`,
      kind === 'csv' ? 'text/csv' : 'application/json',
      value[kind],
    );
  }

  return {
    list,
    error,
    chosenId,
    chosen,
    results,
    busy,
    load,
    choose,
    make,
    exportSet,
    exportSheet,
    importFile,
    reveal,
    saveResults,
  };
});
