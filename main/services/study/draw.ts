/** Draws a blind set from finished pictures: order, sides and repeats by chance, the arms only in the key. Pure. */
import type { Arm, StudyItem } from '#contract';

/** A picture that may be shown. */
export interface Candidate {
  readonly prompt: number;
  readonly arm: Arm;
  readonly text: string;
  /** Marked phrases, and what the attribute reader says of each; null where it has no word for it. */
  readonly details: readonly { readonly phrase: string; readonly reader: boolean | null }[];
}

/** What an item really shows. `of` names the first showing of a repeated item. */
export type KeyEntry = {
  readonly itemId: string;
  readonly prompt: number;
  readonly of: string | null;
} & (
  | { readonly kind: 'picture'; readonly arm: Arm; readonly reader: (boolean | null)[] }
  | { readonly kind: 'pair'; readonly left: Arm; readonly right: Arm }
);

export interface Drawn {
  readonly items: StudyItem[];
  readonly key: KeyEntry[];
  /** Opaque image id -> the candidate that it shows. */
  readonly images: Map<string, Candidate>;
}

/** Fisher-Yates with uniform numbers in [0, 1). */
export function shuffle<T>(list: readonly T[], next: () => number): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

type Draft = { kind: 'picture'; candidate: Candidate } | { kind: 'pair'; left: Candidate; right: Candidate };

/**
 * Every candidate once, every two arms of a prompt side by side where `pairs`, and a share of the items a second time, with
 * ids and sides of their own. `id` makes opaque ids: an id that was counted up would tell the order.
 */
export function drawSet(
  candidates: readonly Candidate[],
  { repeats, pairs }: { readonly repeats: number; readonly pairs: boolean },
  next: () => number,
  id: () => string,
): Drawn {
  const drafts: Draft[] = candidates.map((candidate) => ({ kind: 'picture', candidate }));
  const sided = (a: Candidate, b: Candidate): Draft =>
    next() < 0.5 ? { kind: 'pair', left: a, right: b } : { kind: 'pair', left: b, right: a };
  if (pairs)
    for (const group of Map.groupBy(candidates, (c) => c.prompt).values())
      group.forEach((a, i) => {
        for (const b of group.slice(i + 1)) drafts.push(sided(a, b));
      });
  const images = new Map<string, Candidate>();
  const key: KeyEntry[] = [];
  const image = (candidate: Candidate): string => {
    const name = id();
    images.set(name, candidate);
    return name;
  };
  const show = (draft: Draft, of: string | null): StudyItem => {
    const itemId = id();
    if (draft.kind === 'picture') {
      const { prompt, arm, text, details } = draft.candidate;
      key.push({ kind: 'picture', itemId, prompt, of, arm, reader: details.map((d) => d.reader) });
      const phrases = details.map((d) => d.phrase);
      return { kind: 'picture', itemId, text, details: phrases, image: image(draft.candidate) };
    }
    const { left, right } = draft;
    key.push({ kind: 'pair', itemId, prompt: left.prompt, of, left: left.arm, right: right.arm });
    return { kind: 'pair', itemId, text: left.text, left: image(left), right: image(right) };
  };
  const first = shuffle(drafts, next).map((draft) => ({ draft, item: show(draft, null) }));
  const again = shuffle(first, next)
    .slice(0, Math.round(repeats * first.length))
    .map(({ draft, item }) =>
      show(draft.kind === 'pair' ? sided(draft.left, draft.right) : draft, item.itemId),
    );
  // A repeat comes after all first showings, so that it is never beside its original by chance alone.
  return { items: [...first.map((f) => f.item), ...shuffle(again, next)], key, images };
}
