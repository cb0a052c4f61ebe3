import { toAppError } from '#contract';
import type { AppError, Settings, SettingsChange } from '#contract';
import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { useConnectionStore } from './connection.ts';

/** What the host keeps for the user. Every change is sent at once; what the host answers is what holds. */
export const useSettingsStore = defineStore('settings', () => {
  const connection = useConnectionStore();
  const settings = shallowRef<Settings>();
  const error = shallowRef<AppError>();

  async function load(): Promise<void> {
    try {
      settings.value = await (await connection.client()).settings.get({});
      error.value = undefined;
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  async function change(wanted: SettingsChange): Promise<void> {
    try {
      settings.value = await (await connection.client()).settings.set(wanted);
      error.value = undefined;
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  return { settings, error, load, change };
});
