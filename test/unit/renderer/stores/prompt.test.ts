import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { usePromptStore } from '../../../../renderer/stores/prompt.ts';

const TEXT = 'a kid with a full beard';
let prompt: ReturnType<typeof usePromptStore>;

beforeEach(() => {
  setActivePinia(createPinia());
  prompt = usePromptStore();
  prompt.replace(0, 0, TEXT, 'type');
});

const select = (words: string): void => {
  const begin = prompt.document.text.indexOf(words);
  prompt.select({ begin, end: begin + words.length });
};
const shown = (): string[] => prompt.chips.map(({ phrase, weight }) => `${phrase} ${weight}`);

describe('the sentence', () => {
  it('stresses what is selected and makes it the chosen phrase', () => {
    select('full beard');
    expect(prompt.stressSelection()).toBe(true);
    expect(prompt.selected?.phrase).toBe('full beard');
    // Again inside the chip: it stays one chip.
    select('beard');
    prompt.stressSelection();
    expect(shown()).toEqual(['full beard 1']);
  });

  it('stresses the word at the caret first when its weight is changed', () => {
    prompt.select({ begin: 3, end: 3 });
    prompt.stepWeight(1, true);
    expect(shown()).toEqual(['kid 1.1']);
    prompt.stepWeight(-1, true);
    prompt.stepWeight(-1, true);
    expect(shown()).toEqual(['kid 0.9']);
  });

  it('has one undo over text, chips and weights; a run of weight steps is one', () => {
    select('full beard');
    prompt.stressSelection();
    for (let i = 0; i < 3; i++) prompt.stepWeight(1, true);
    prompt.replace(0, 1, 'the', null);
    expect(shown()).toEqual(['full beard 1.3']);
    prompt.undo();
    expect(prompt.document.text).toBe(TEXT);
    prompt.undo();
    expect(shown()).toEqual(['full beard 1']);
    prompt.undo();
    expect(shown()).toEqual([]);
    prompt.redo();
    prompt.redo();
    expect(shown()).toEqual(['full beard 1.3']);
  });

  it('joins quick typing into one undo, and a new edit ends redo', () => {
    const end = TEXT.length;
    prompt.replace(end, end, ' x', null);
    prompt.replace(end + 2, end + 2, 'y', 'type');
    prompt.replace(end + 3, end + 3, 'z', 'type');
    prompt.undo();
    expect(prompt.document.text).toBe(`${TEXT} x`);
    prompt.replace(0, 0, '!', null);
    prompt.redo();
    expect(prompt.document.text).toBe(`!${TEXT} x`);
  });

  it('makes chips of pasted weight marks and puts the caret behind them', () => {
    prompt.paste(TEXT.length, TEXT.length, ', (blue hat:1.2) and shoes++');
    expect(prompt.document.text).toBe(`${TEXT}, blue hat and shoes`);
    expect(shown()).toEqual(['blue hat 1.2', 'shoes 1.2']);
    expect(prompt.selection.begin).toBe(prompt.document.text.length);
  });

  it('walks through the phrases around the ends', () => {
    prompt.paste(0, TEXT.length, '(one) two (three)');
    const visit = (direction: 1 | -1): string | undefined => {
      prompt.stepSelection(direction);
      return prompt.selected?.phrase;
    };
    expect([visit(1), visit(1), visit(1), visit(-1)]).toEqual(['one', 'three', 'one', 'three']);
  });

  it('lets go of a chip that is gone', () => {
    select('full beard');
    prompt.stressSelection();
    prompt.replace(0, TEXT.length, 'new', null);
    expect(prompt.selectedId).toBeNull();
  });
});
