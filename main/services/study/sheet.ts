/** A rater's sheet: what may be in it, and how it is sealed. Pure. */
import { createHash } from 'node:crypto';
import { because, filledIn, isWhole } from '#contract';
import type { AppError, RatingSheet, StudyAnswer, StudySet } from '#contract';

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');

/** The hash that seals a sheet: of everything in it but the seal. */
export const sealOf = ({ seal: _, ...sheet }: RatingSheet): string => sha256(JSON.stringify(sheet));

/** Throws `invalid_input` where a sheet is no sheet of this set, or an answer does not fit its item. */
export function checkSheet(sheet: RatingSheet, set: StudySet): void {
  const no = (why: string): AppError => because('sheet_misfit', { rater: sheet.rater, why });
  if (sheet.studyId !== set.studyId || sheet.keyHash !== set.keyHash) throw no('belongs to another study');
  const items = new Map(set.items.map((item) => [item.itemId, item]));
  const seen = new Set<string>();
  for (const answer of sheet.answers) {
    const item = items.get(answer.itemId);
    if (item?.kind !== answer.kind) throw no(`answers an item that is not in the set`);
    if (item.kind === 'picture' && answer.kind === 'picture' && item.details.length !== answer.details.length)
      throw no(`needs ${item.details.length} answers to details, got ${answer.details.length}`);
    if (seen.has(answer.itemId)) throw no('answers an item twice');
    seen.add(answer.itemId);
  }
  if (sheet.seal === null) return;
  if (sheet.seal !== sealOf(sheet)) throw no('was changed after it was sealed');
  if (openItems(sheet, set) > 0) throw no('is sealed and lacks answers');
}

/** Items of the set that are not answered whole. */
const openItems = (sheet: RatingSheet, set: StudySet): number =>
  set.items.length - sheet.answers.filter(isWhole).length;

/** A sheet before its first answer. */
export function emptySheet(set: StudySet, rater: string, synthetic: boolean): RatingSheet {
  const { studyId, keyHash } = set;
  return {
    format: 'accent-ratings',
    schema: 1,
    studyId,
    keyHash,
    rater,
    synthetic,
    answers: [],
    seal: null,
  };
}

/** The sheet with this answer; what it leaves open stays as it was before. Throws `conflict` for a sealed sheet. */
export function withAnswer(sheet: RatingSheet, answer: StudyAnswer, set: StudySet): RatingSheet {
  if (sheet.seal !== null) throw because('sheet_sealed', { rater: sheet.rater });
  const before = sheet.answers.find((a) => a.itemId === answer.itemId);
  const rest = sheet.answers.filter((a) => a !== before);
  // Checked before it is filled in, so that a wrong kind or number of details is refused and not mixed.
  checkSheet({ ...sheet, answers: [answer] }, set);
  const answers = [...rest, filledIn(answer, before)];
  return { ...sheet, answers };
}

/** The sheet sealed. Throws `conflict` while items are unanswered. */
export function sealed(sheet: RatingSheet, set: StudySet): RatingSheet {
  const open = openItems(sheet, set);
  if (open > 0) throw because('sheet_lacks', { rater: sheet.rater, open, items: set.items.length });
  return sheet.seal === null ? { ...sheet, seal: sealOf(sheet) } : sheet;
}
