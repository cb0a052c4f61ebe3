/** Where a picture is, by its opaque id: an address of the host, or of the desktop window's own scheme. */
export type AssetUrl = (imageId: string) => string;

/** Addresses under `serve`. `key` is appended where the host gave one with the session. */
export function hostAssetUrl(key: () => string | undefined): AssetUrl {
  return (imageId) => {
    const given = key();
    const query = given === undefined ? '' : `?key=${encodeURIComponent(given)}`;
    return `/assets/${encodeURIComponent(imageId)}${query}`;
  };
}

/** Addresses in the desktop window. */
export const desktopAssetUrl: AssetUrl = (imageId) => `studio://app/assets/${encodeURIComponent(imageId)}`;
