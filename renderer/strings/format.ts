/** Numbers, times and sizes in words, the same way in every language. */
const number = new Intl.NumberFormat('en', { useGrouping: 'min2' });

/** 12345 as "12 345": a thin space is read the same in every language. */
export const count = (value: number): string => number.format(value).replaceAll(',', '\u202f');

/** A number with its noun. */
export const some = (value: number, one: string, many: string): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** Seconds as "14 s", from a minute on as "1:18". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${String(whole % 60).padStart(2, '0')}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}

/** A change with its sign, two digits: "+0.31", "−0.02". */
export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

/** Bytes as kB, MB or GB. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${count(Math.max(1, Math.round(bytes / 1e3)))} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(bytes < 1e11 ? 1 : 0)} GB`;
}

/** Day and time in a language's own way. */
export const dateIn =
  (locale: string) =>
  (at: number): string =>
    new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
