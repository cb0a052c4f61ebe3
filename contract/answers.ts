/** How an answer of a blind study fills up, pass after pass. Pure. */
import type { StudyAnswer } from './schema/index.ts';

/** True when nothing of it is left to answer. */
export function isWhole(answer: StudyAnswer): boolean {
  return (
    answer.kind === 'pair' ||
    (answer.photorealism !== null && answer.alignment !== null && !answer.details.includes(null))
  );
}

/** The answer, with what it leaves open as it was answered before. Both are of the same item. */
export function filledIn(answer: StudyAnswer, before: StudyAnswer | undefined): StudyAnswer {
  if (answer.kind === 'pair' || before?.kind !== 'picture') return answer;
  return {
    ...answer,
    photorealism: answer.photorealism ?? before.photorealism,
    alignment: answer.alignment ?? before.alignment,
    details: answer.details.map((yes, i) => yes ?? before.details[i] ?? null),
  };
}
