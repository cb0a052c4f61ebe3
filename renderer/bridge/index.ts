export { keepOpen, pickBridge } from './bridge.ts';
export type { Bridge, LinkWatcher } from './bridge.ts';
export type { AssetUrl } from './asset-url.ts';
export { websocketLink, openSocket } from './websocket-link.ts';
export { electronLink } from './electron-link.ts';
export type { PreloadLink } from './electron-link.ts';
