/** BERT's uncased WordPiece tokenizer, reading a Hugging Face `tokenizer.json` (docs/pack-format.md, "tokenizer"). */
import { AppError } from '#contract';

export interface Tokenized {
  /** Ids with [CLS] in front and [SEP] behind. */
  readonly ids: number[];
  /** UTF-16 offset from which the text was not read; null when all of it was. */
  readonly cutAt: number | null;
  /** Spans of words that the vocabulary does not know. */
  readonly unknown: readonly (readonly [number, number])[];
}

export interface Tokenizer {
  tokenize(text: string, maxTokens: number): Tokenized;
}

/** The blocks that BERT sets apart as single characters: CJK ideographs, not kana or hangul. */
const isIdeograph = (c: string): boolean =>
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u.test(
    c,
  );
const isPunctuation = (c: string): boolean => /[\p{P}$+<=>^`|~]/u.test(c);

/** Words and single punctuation marks with their places. */
function words(text: string): { word: string; begin: number; end: number }[] {
  const out: { word: string; begin: number; end: number }[] = [];
  let begin = -1;
  let at = 0;
  const flush = (end: number): void => {
    if (begin >= 0) out.push({ word: text.slice(begin, end), begin, end });
    begin = -1;
  };
  for (const c of text) {
    if (/[\s\p{Cc}]/u.test(c)) flush(at);
    else if (isPunctuation(c) || isIdeograph(c)) {
      flush(at);
      out.push({ word: c, begin: at, end: at + c.length });
    } else if (begin < 0) begin = at;
    at += c.length;
  }
  flush(at);
  return out;
}

const plain = (word: string): string =>
  word
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');

/** Builds the tokenizer from the text of `tokenizer.json`. Throws `bad_manifest` when it is not a WordPiece one. */
export function makeTokenizer(json: string): Tokenizer {
  let parsed: { model?: { vocab?: Record<string, number>; unk_token?: string } };
  try {
    parsed = JSON.parse(json) as typeof parsed;
  } catch (cause) {
    throw new AppError('bad_manifest', 'tokenizer.json is not JSON; expected a WordPiece vocabulary.', {
      cause,
    });
  }
  const entries = parsed.model?.vocab;
  if (!entries)
    throw new AppError(
      'bad_manifest',
      'tokenizer.json holds no model.vocab; expected a WordPiece vocabulary.',
    );
  const vocab = new Map(Object.entries(entries));
  const id = (token: string): number => {
    const found = vocab.get(token);
    if (found === undefined) throw new AppError('bad_manifest', `tokenizer.json has no token ${token}.`);
    return found;
  };
  const [cls, sep, unk] = [id('[CLS]'), id('[SEP]'), id(parsed.model?.unk_token ?? '[UNK]')];

  function pieces(word: string): number[] | null {
    if (word.length > 100) return null;
    const out: number[] = [];
    for (let begin = 0; begin < word.length;) {
      let end = word.length;
      let found: number | undefined;
      for (; end > begin; end--) {
        found = vocab.get((begin > 0 ? '##' : '') + word.slice(begin, end));
        if (found !== undefined) break;
      }
      if (found === undefined) return null;
      out.push(found);
      begin = end;
    }
    return out;
  }

  return {
    tokenize(text, maxTokens) {
      const ids = [cls];
      const unknown: [number, number][] = [];
      let cutAt: number | null = null;
      for (const { word, begin, end } of words(text)) {
        const found = pieces(plain(word));
        const next = found ?? [unk];
        if (ids.length + next.length + 1 > maxTokens) {
          cutAt = begin;
          break;
        }
        if (!found) unknown.push([begin, end]);
        ids.push(...next);
      }
      return { ids: [...ids, sep], cutAt, unknown };
    },
  };
}
