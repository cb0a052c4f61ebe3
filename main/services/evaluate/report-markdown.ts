/** The report as Markdown: the tables of docs/evaluation.md. Pure. */
import type { Estimate, EvaluationReport, PairedDifference } from '#contract';

const fixed = (x: number | null, digits: number): string => (x === null ? '' : x.toFixed(digits));
const estimate = (e: Estimate | null, digits = 1): string =>
  e === null ? '' : `${fixed(e.value, digits)} (${fixed(e.low, digits)} to ${fixed(e.high, digits)})`;
const signed = (x: number, digits: number): string => `${x >= 0 ? '+' : ''}${fixed(x, digits)}`;
const gap = (d: PairedDifference['detail'], digits = 1): string =>
  d === null
    ? ''
    : `${signed(d.value, digits)} (${signed(d.low, digits)} to ${signed(d.high, digits)}), p ${d.p < 0.001 ? 'below 0.001' : `= ${fixed(d.p, 3)}`}`;
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

/** What LPIPS is of, or why there is none. */
export function lpipsLine({ lpips, arms, prompts }: EvaluationReport): string {
  if (prompts.seeds < 2) return 'LPIPS over seeds was not measured: it needs two seeds or more.';
  if (!lpips) return 'LPIPS over seeds was not measured: no file of it was given.';
  const open = arms.filter((a) => a.pictures > 0 && !a.lpips).map((a) => a.arm);
  return `LPIPS over seeds is the mean LPIPS between the pictures of one prompt by all pairs of seeds, at ${lpips.size} px (0: the same picture; file ${lpips.hash.slice(0, 12)}).${
    open.length === 0
      ? ''
      : ` Pairs of ${open.join(', ')} are not measured yet: evaluate again with the file of LPIPS.`
  }`;
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
    '"Diversity" is the mean cosine distance of the same features between seeds.',
    lpipsLine(report),
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
        'LPIPS over seeds',
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
        estimate(a.lpips, 3),
        fixed(a.seconds, 2),
        fixed(a.denoiserCalls, 0),
        fixed(a.vjpCalls, 0),
      ]),
    ),
  ];
  if (paired.length > 0)
    lines.push(
      '',
      'Paired differences, same prompts, seeds and noise (shares in points, LPIPS as it is; p by sign flips):',
      '',
      table(
        ['difference', 'details shown', 'all right', 'LPIPS over seeds'],
        paired.map((d) => [`${d.a} - ${d.b}`, gap(d.detail), gap(d.allRight), gap(d.lpips, 4)]),
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
