import { describe, expect, it } from 'vitest';
import type { ArmScore, EvaluationReport, StudyResults } from '#contract';
import { summaryOf } from '../../../../main/cli/evaluate.ts';
import { studyMarkdown } from '../../../../main/cli/study.ts';

const score = (arm: ArmScore['arm'], value: number): ArmScore => ({
  arm,
  pictures: 60,
  detail: { value, low: value - 5, high: value + 5 },
  allRight: null,
  kept: null,
  fd: 12.3456,
  kid: null,
  encoder: 0.12345,
  diversity: null,
  seconds: 1.234,
  denoiserCalls: 40,
  vjpCalls: 0,
  unrefinedSteps: 0,
  groups: {},
  byEmphases: {},
});

describe('evaluation.json', () => {
  it('has the arms by key, rounded, with absent figures as null', () => {
    const report = { arms: [score('baseline-guided', 71.237), score('refined', 90)], rows: [] };
    const { arms } = summaryOf(report as unknown as EvaluationReport);
    expect(Object.keys(arms)).toEqual(['baselineGuided', 'refined']);
    expect(arms['baselineGuided']).toMatchObject({
      detail: 71.24,
      detailLow: 66.24,
      detailHigh: 76.24,
      allRight: null,
      fd: 12.35,
      kid: null,
      seconds: 1.23,
      encoder: 0.1235,
    });
  });
});

describe("a study's table", () => {
  const none = { alpha: null, selfConsistency: null };
  const results = (raters: number, synthetic: number): StudyResults => ({
    studyId: 's',
    raters,
    synthetic,
    arms: [
      {
        arm: 'refined',
        pictures: 2,
        photorealism: { value: 4, low: 3, high: 5 },
        alignment: null,
        detail: null,
        strength: null,
      },
    ],
    agreement: { photorealism: none, alignment: none, detail: none, pair: none },
    readerAgreement: null,
  });

  it('says first that nobody has rated where all sheets are synthetic', () => {
    const text = studyMarkdown(results(0, 2));
    expect(text).toMatch(/^\*\*No raters yet: these figures are of 2 synthetic sheets/);
    expect(text).toContain('| refined | 4.00 (3.00 to 5.00) |');
  });
  it('says that synthetic sheets are left out where people rated', () => {
    expect(studyMarkdown(results(3, 1))).toMatch(/^3 raters \(1 synthetic sheets are left out\)/);
  });
});
