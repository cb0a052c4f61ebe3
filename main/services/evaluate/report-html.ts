/** The report as one HTML file that needs nothing beside it: tables, curves as SVG, the contact sheet inside. Pure. */
import type { ArmScore, EvaluationReport } from '#contract';
import { markdown } from './report-markdown.ts';

const COLOURS = [
  '#1b6ca8',
  '#c2410c',
  '#2f855a',
  '#805ad5',
  '#b7791f',
  '#2c7a7b',
  '#97266d',
  '#4a5568',
  '#9b2c2c',
  '#276749',
];
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** Markdown of our own making (headings, tables, paragraphs, bold lines) to HTML; every text is escaped. */
function blocks(text: string): string {
  const out: string[] = [];
  for (const block of text.split('\n\n')) {
    const lines = block.split('\n').filter((l) => l !== '');
    const [first = ''] = lines;
    if (first.startsWith('# ')) out.push(`<h1>${escapeHtml(first.slice(2))}</h1>`);
    else if (first.startsWith('|')) {
      const cells = (l: string, tag: string): string =>
        `<tr>${l
          .slice(2, -2)
          .split(' | ')
          .map((c) => `<${tag}>${escapeHtml(c.trim())}</${tag}>`)
          .join('')}</tr>`;
      out.push(
        `<div class="wide"><table>${cells(first, 'th')}${lines
          .slice(2)
          .map((l) => cells(l, 'td'))
          .join('')}</table></div>`,
      );
    } else if (lines.length > 0)
      out.push(`<p>${lines.map((l) => escapeHtml(l.replaceAll('**', ''))).join('<br>')}</p>`);
  }
  return out.join('\n');
}

const colour = (i: number): string => COLOURS[i % COLOURS.length] as string;

/** Details shown with their intervals, one bar an arm. */
function bars(arms: readonly ArmScore[]): string {
  const [width, line, left] = [640, 28, 150];
  const x = (value: number): number => left + (value / 100) * (width - left - 60);
  const parts = arms.map((a, i) => {
    if (!a.detail) return '';
    const y = i * line + line / 2;
    const { value, low, high } = a.detail;
    return `<text x="${left - 8}" y="${y + 4}" text-anchor="end">${escapeHtml(a.arm)}</text>
<rect x="${left}" y="${y - 8}" width="${(x(value) - left).toFixed(1)}" height="16" fill="${colour(i)}"/>
<path d="M${x(low).toFixed(1)} ${y}H${x(high).toFixed(1)}M${x(low).toFixed(1)} ${y - 5}v10M${x(high).toFixed(1)} ${y - 5}v10" stroke="currentColor"/>
<text x="${(x(high) + 6).toFixed(1)}" y="${y + 4}">${value.toFixed(1)}</text>`;
  });
  return `<svg viewBox="0 0 ${width} ${arms.length * line}" role="img" aria-label="Details shown by arm, in per cent">${parts.join('')}</svg>`;
}

/** Details shown over the number of stressed phrases, one line an arm. */
function curves(arms: readonly ArmScore[]): string {
  const [width, height, left, bottom] = [640, 260, 40, 30];
  const counts = [...new Set(arms.flatMap((a) => Object.keys(a.byEmphases).map(Number)))].sort(
    (a, b) => a - b,
  );
  const [first, last] = [counts[0] ?? 0, counts.at(-1) ?? 1];
  const x = (n: number): number => left + ((n - first) / Math.max(1, last - first)) * (width - left - 150);
  const y = (p: number): number => 10 + (1 - p) * (height - bottom - 10);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (p) =>
      `<path d="M${left} ${y(p)}H${width - 150}" stroke="#8884"/><text x="${left - 6}" y="${y(p) + 4}" text-anchor="end">${p * 100}</text>`,
  );
  const ticks = counts.map((n) => `<text x="${x(n)}" y="${height - 8}" text-anchor="middle">${n}</text>`);
  const lines = arms.map((a, i) => {
    const points = counts.flatMap((n) => {
      const at = a.byEmphases[String(n)];
      return at ? [`${x(n).toFixed(1)},${y(at[0] / at[1]).toFixed(1)}`] : [];
    });
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour(i)}" stroke-width="2"/>
<text x="${width - 140}" y="${16 + i * 16}" fill="${colour(i)}">${escapeHtml(a.arm)}</text>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Details shown over the number of stressed phrases, in per cent">${[...grid, ...ticks, ...lines].join('')}</svg>`;
}

/** `sheet` is a PNG. */
export function html(report: EvaluationReport, sheet: Uint8Array): string {
  const scored = report.arms.some((a) => a.detail !== null);
  const title = escapeHtml(
    `Evaluation of ${report.pack.id} ${report.pack.version} on ${report.prompts.name}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #8884; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.wide { overflow-x: auto; }
svg { display: block; max-width: 46rem; font-size: 12px; fill: currentColor; margin: 1rem 0; }
img { max-width: 100%; image-rendering: pixelated; }
</style>
</head>
<body>
${blocks(markdown(report))}
${scored ? `<h2>Details shown by arm</h2>${bars(report.arms)}<h2>Details shown by number of stressed phrases</h2>${curves(report.arms)}` : ''}
<h2>Contact sheet</h2>
<p>Prompts by rows, arms by columns: ${escapeHtml(report.arms.map((a) => a.arm).join(', '))}. The first prompts, not chosen.</p>
<img alt="Contact sheet of all arms" src="data:image/png;base64,${Buffer.from(sheet).toString('base64')}">
</body>
</html>
`;
}
