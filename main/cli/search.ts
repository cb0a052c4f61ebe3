/** What `search` asks of the catalog. */
import { readFileSync } from 'node:fs';
import { AppError, toAppError } from '#contract';

type Values = Readonly<Record<string, unknown>>;

/** WORDS or WORDS:WEIGHT as a term. Throws `invalid_input` for a weight outside 0 .. 2. */
function term(option: string, given: string, sign: 1 | -1): { text: string; weight: number } {
  const [, words, weight] = /^(.*?)(?::([\d.]+))?$/s.exec(given) ?? [];
  const w = weight === undefined ? 1 : Number(weight);
  if (!words?.trim() || !(w >= 0 && w <= 2))
    throw new AppError(
      'invalid_input',
      `search: expected --${option} WORDS or WORDS:WEIGHT with a weight from 0 to 2, got "${given}".`,
    );
  return { text: words, weight: sign * w };
}

/** The request, without its pack; still to be parsed. Throws `invalid_input` where words and picture are mixed or missing. */
export function searchRequest(rest: readonly string[], values: Values): Record<string, unknown> {
  const many = (name: string): readonly string[] => (values[name] ?? []) as readonly string[];
  const text = rest.join(' ');
  const like = values['like'] as string | undefined;
  const terms = [
    ...many('more').map((m) => term('more', m, 1)),
    ...many('less').map((m) => term('less', m, -1)),
  ];
  const filter = Object.fromEntries(
    ['words', 'tag', 'format'].flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
  if ((text === '') === (like === undefined) && !(text === '' && terms.length > 0))
    throw new AppError(
      'invalid_input',
      'search: expected words or --like PICTURE, e.g. search "a red robot", or search --like photo.jpg.',
    );
  if (like !== undefined && terms.length > 0)
    throw new AppError('invalid_input', 'search: --more and --less go with words, not with --like.');
  const common = {
    k: Number(values['count'] ?? 10),
    ...(Object.keys(filter).length > 0 ? { filter } : {}),
    ...(values['fold'] === undefined ? {} : { fold: values['fold'] }),
  };
  if (like !== undefined) {
    try {
      return { ...common, picture: new Uint8Array(readFileSync(like)) };
    } catch (error) {
      throw new AppError(
        'invalid_input',
        `search: the picture "${like}" cannot be read: ${toAppError(error).message}`,
      );
    }
  }
  return terms.length === 0
    ? { ...common, text }
    : { ...common, terms: [...(text === '' ? [] : [{ text, weight: 1 }]), ...terms] };
}
