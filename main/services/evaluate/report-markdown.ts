/** The report as Markdown: the tables of docs/evaluation.md. Pure. */
import type { Estimate, EvaluationReport, PairedDifference } from '#contract';

const fixed = (x: number | null, digits: number): string => (x === null ? '' : x.toFixed(digits));
const estimate = (e: Estimate | null): string =>
  e === null ? '' : `${fixed(e.value, 1)} (${fixed(e.low, 1)} to ${fixed(e.high, 1)})`;
const signed = (x: number): string => `${x >= 0 ? '+' : ''}${fixed(x, 1)}`;
const gap = (d: PairedDifference['detail']): string =>
  d === null
    ? ''
    : `${signed(d.value)} (${signed(d.low)} to ${signed(d.high)}), p ${d.p < 0.001 ? 'below 0.001' : `= ${fixed(d.p, 3)}`}`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

const share = ([hits, of]: readonly [number, number]): string => `${fixed((100 * hits) / of, 1)} (${of})`;

/** Shares by key (attribute group, number of phrases) with one column an arm. */
function breakdown(report: EvaluationReport, title: string, of: 'groups' | 'byEmphases'): string {
  const keys = [...new Set(report.arms.flatMap((a) => Object.keys(a[of])))].sort();
  return table(
    [title, ...report.arms.map((a) => a.arm)],
    keys.map((key) => [key, ...report.arms.map((a) => (a[of][key] ? share(a[of][key]) : ''))]),
  );
}

/** What the settings say, in one line. */
export function settingsLine({ settings: s, prompts }: EvaluationReport): string {
  const scales = Object.entries(s.rivalScales)
    .map(([arm, scale]) => `${arm} ${scale}`)
    .join(', ');
  return `${s.steps} steps, guidance ${s.guidance}, ${s.rebuild}${s.sampler === undefined ? '' : `, ${s.sampler}`}, window ${s.window?.join(' to ')}, ${s.referencesPerEmphasis} references a phrase, source ${s.source}, ${prompts.seeds} ${prompts.seeds === 1 ? 'seed' : 'seeds'} from ${s.firstSeed}${s.baselinePackId === undefined ? '' : `, Baseline ${s.baselinePackId}`}; scales: ${scales}`;
}

/** How the pictures were read, and how well that works. */
export function readerLine({ reader }: EvaluationReport): string {
  const parts = reader.accuracy.map(
    (a) =>
      `${a.split} ${a.images} ${fixed(100 * a.details, 1)} % (cannot tell ${fixed(100 * a.unsure, 1)} %)`,
  );
  return `Attribute reader ${reader.id} ${reader.version}, threshold ${reader.threshold}; its own accuracy: ${parts.join(', ')}.`;
}

export function featuresLine({ features }: EvaluationReport): string {
  return features
    ? `FD and KID are distances of ${features.dims} features of "${features.name}" to ${features.images} ${features.split} renders; no Inception weights, so neither is FID, and their size is that of these features. FD falls with the number of pictures: compare arms of one table only.`
    : 'FD and KID were not computed: the reader has no features of real pictures for these prompts.';
}

export function markdown(report: EvaluationReport): string {
  const { arms, paired, pack, prompts } = report;
  const lines = [
    `# Evaluation of ${pack.id} ${pack.version} on ${prompts.name}`,
    '',
    `${prompts.count} prompts, ${prompts.details} stressed details; ${settingsLine(report)}.`,
    `Images seen: encoder ${pack.imagesSeen.encoder}, denoiser ${pack.imagesSeen.denoiser}. Denoiser ${pack.denoiserHash.slice(0, 12)}.`,
    ...(report.complete ? [] : ['', '**Not complete: rows are missing, the figures are of what is there.**']),
    '',
    readerLine(report),
    featuresLine(report),
    'Shares in per cent with 95 % bootstrap intervals over prompts. "Encoder" is the guide\'s own score: circular, no evidence.',
    '"Diversity" is the mean cosine distance of the same features between seeds; LPIPS is not computed (its weights are not at hand).',
    '',
    table(
      [
        'arm',
        'pictures',
        'details shown',
        'all right',
        'unstressed kept',
        'FD',
        'KID',
        'encoder',
        'diversity',
        's',
        'denoiser calls',
        'VJPs',
      ],
      arms.map((a) => [
        a.arm,
        String(a.pictures),
        estimate(a.detail),
        estimate(a.allRight),
        estimate(a.kept),
        fixed(a.fd, 2),
        fixed(a.kid, 2),
        fixed(a.encoder, 3),
        fixed(a.diversity, 3),
        fixed(a.seconds, 2),
        fixed(a.denoiserCalls, 0),
        fixed(a.vjpCalls, 0),
      ]),
    ),
  ];
  if (paired.length > 0)
    lines.push(
      '',
      'Paired differences in points, same prompts, seeds and noise (p by sign flips):',
      '',
      table(
        ['difference', 'details shown', 'all right'],
        paired.map((d) => [`${d.a} - ${d.b}`, gap(d.detail), gap(d.allRight)]),
      ),
    );
  if (arms.some((a) => Object.keys(a.groups).length > 0))
    lines.push(
      '',
      'Details shown by number of stressed phrases, in per cent (details):',
      '',
      breakdown(report, 'phrases', 'byEmphases'),
      '',
      'Details shown by attribute group, in per cent (details):',
      '',
      breakdown(report, 'group', 'groups'),
    );
  const fell = arms.filter((a) => a.unrefinedSteps > 0);
  if (fell.length > 0)
    lines.push('', `Steps left unrefined: ${fell.map((a) => `${a.arm} ${a.unrefinedSteps}`).join(', ')}.`);
  lines.push(
    '',
    `Ran on: ${Object.entries(report.backends)
      .map(([port, name]) => `${port} ${name}`)
      .join('; ')}.`,
    '',
  );
  return lines.join('\n');
}
