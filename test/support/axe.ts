/** What axe says about the page as it stands, by the rules of WCAG 2.2 AA and good practice. */
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Breaches as "rule: element", and how many rules were looked at. */
export async function breaches(page: Page): Promise<{ found: string[]; passed: number }> {
  await page.evaluate(axe.source);
  // A colour on its way to another one is nobody's contrast.
  await page.evaluate(async () => {
    const moving = document.getAnimations().filter((each) => each instanceof CSSTransition);
    await Promise.allSettled(moving.map(({ finished }) => finished));
  });
  const results = await page.evaluate(async (values) => {
    const runner = Reflect.get(globalThis, 'axe') as { run: (options: unknown) => Promise<AxeResults> };
    return runner.run({ runOnly: { type: 'tag', values } });
  }, TAGS);
  return {
    found: results.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} | ${failureSummary ?? ''}`),
    ),
    passed: results.passes.length,
  };
}
