/** Starts the page: picks the link, opens it, brings the draft back and finds the runs that went on without it. */
import '@fontsource-variable/inter/opsz.css';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { pickBridge } from './bridge/index.ts';
import { useAppearanceStore } from './stores/appearance.ts';
import { useCatalogStore } from './stores/catalog.ts';
import { useConnectionStore } from './stores/connection.ts';
import { keepDraft } from './stores/draft.ts';
import { useFolderWatchStore } from './stores/folder-watch.ts';
import { useGalleryStore } from './stores/gallery.ts';
import { useJobsStore } from './stores/jobs.ts';
import { usePacksStore } from './stores/packs.ts';
import { usePlaceStore } from './stores/place.ts';
import { useSamplingStore } from './stores/sampling.ts';
import { undoSettings } from './stores/undo-settings.ts';
import { useVectorPassesStore } from './stores/vector-passes.ts';
import './ui/styles/tokens.css';
import './ui/styles/base.css';

const app = createApp(App);
app.use(createPinia());
useAppearanceStore();

const connection = useConnectionStore();
connection.start(pickBridge(window));
const drafted = keepDraft();
let first = true;
connection.onOpen(() => {
  void usePacksStore()
    .load()
    .then(() => useFolderWatchStore().start());
  void useCatalogStore().load();
  void useCatalogStore().follow();
  void useVectorPassesStore().follow();
  usePlaceStore().follow();
  void useGalleryStore().load();
  void useJobsStore().resume();
  void useJobsStore().followQueue();
  // Later openings must not take back what was chosen meanwhile; a draft knows better than the settings.
  if (first) void useSamplingStore().load(drafted).finally(undoSettings);
  first = false;
});

app.mount('#app');
