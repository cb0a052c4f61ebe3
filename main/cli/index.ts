/** The command line. Runs on import: `npm start -- COMMAND ...` (scripts/start.mjs builds the page before where it is needed). */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { AppError, SearchRequest, parse, toAppError } from '#contract';
import { evaluate } from './evaluate.ts';
import { catalogCommand } from './catalog.ts';
import { generate } from './generate.ts';
import { gpuInstall, gpuInstallRig } from './gpu-install.ts';
import { makeOutput } from './output.ts';
import type { Output } from './output.ts';
import { searchRequest } from './search.ts';
import { choosePack, ensureReferences, importRoot, openHost, reportLines } from './studio.ts';
import { study } from './study.ts';
import { USAGE } from './usage.ts';
import { openStudio } from './open-studio.ts';

const text = { type: 'string' } as const;
const many = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;
const COMMON = { help: { type: 'boolean', short: 'h' }, json: flag, catalog: text } as const;
const OPTIONS: Readonly<Record<string, NonNullable<ParseArgsConfig['options']>>> = {
  '': { port: text, refs: text },
  generate: {
    emphasize: many,
    refs: text,
    source: text,
    pin: many,
    ban: many,
    references: text,
    anyway: flag,
    compare: flag,
    arm: many,
    seed: text,
    steps: text,
    guidance: text,
    pack: text,
    rebuild: text,
    sampler: text,
    'no-upscale': flag,
    out: text,
    from: text,
  },
  evaluate: {
    pack: text,
    baseline: text,
    prompts: text,
    split: text,
    count: text,
    arms: text,
    seeds: text,
    steps: text,
    guidance: text,
    rebuild: text,
    sampler: text,
    window: text,
    references: text,
    source: text,
    scale: many,
    sweep: text,
    refs: text,
    out: text,
    quick: flag,
    check: text,
    batch: text,
    lpips: text,
  },
  study: {
    evaluation: text,
    id: text,
    arms: text,
    prompts: text,
    repeats: text,
    'no-pairs': flag,
    rater: text,
    synthetic: flag,
    out: text,
  },
  import: { pack: text },
  search: {
    pack: text,
    count: text,
    like: text,
    more: many,
    less: many,
    words: text,
    tag: text,
    format: text,
    fold: text,
  },
  catalog: { pack: text, 'no-vectors': flag },
  packs: {},
  doctor: { pack: text },
  serve: { port: text, refs: text, host: text, root: many },
  gpu: { yes: flag },
};

type Values = Record<string, unknown>;
const string = (values: Values, name: string): string | undefined => values[name] as string | undefined;

function parseCommand(argv: readonly string[]): { command: string; values: Values; rest: string[] } {
  const named = argv[0] !== undefined && !argv[0].startsWith('-') ? argv[0] : '';
  const options = OPTIONS[named];
  if (!options)
    throw new AppError(
      'invalid_input',
      `There is no command "${named}". Expected one of: ${Object.keys(OPTIONS).filter(Boolean).join(', ')}. See --help.`,
    );
  try {
    const { values, positionals } = parseArgs({
      args: [...argv.slice(named ? 1 : 0)],
      options: { ...COMMON, ...options },
      allowPositionals: true,
    });
    return { command: named, values, rest: positionals };
  } catch (error) {
    throw new AppError(
      'invalid_input',
      `${error instanceof Error ? error.message : String(error)} See ${named ? `${named} ` : ''}--help.`,
    );
  }
}

async function run(
  command: string,
  values: Values,
  rest: readonly string[],
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  if (command === '' || command === 'serve') {
    await openStudio({
      catalog: string(values, 'catalog'),
      port: string(values, 'port'),
      hostname: string(values, 'host'),
      offered: (values['root'] as string[] | undefined) ?? [],
      refs: string(values, 'refs'),
      browser: command === '',
      output,
      signal,
    });
    return;
  }
  if (command === 'gpu') {
    if (rest[0] !== 'install' || rest.length > 1)
      throw new AppError('invalid_input', 'gpu: expected "gpu install". See gpu --help.');
    await gpuInstall(gpuInstallRig(), { yes: values['yes'] === true }, output);
    return;
  }
  // A wrong folder is said before the catalog is opened.
  const folder = command === 'import' ? rest[0] : string(values, 'refs');
  if (command === 'import' && folder === undefined)
    throw new AppError('invalid_input', 'import: expected a folder, e.g. import ~/Pictures.');
  if (folder !== undefined && !existsSync(folder))
    throw new AppError(
      'invalid_input',
      `There is no folder "${folder}". Expected an existing folder with images.`,
    );
  if (command === 'study') {
    await study(rest, values, output);
    return;
  }
  if (command === 'evaluate') {
    await evaluate(values, output, signal);
    return;
  }
  if (command === 'catalog') {
    const home = string(values, 'catalog');
    await catalogCommand(
      rest,
      { home, pack: string(values, 'pack'), vectors: values['no-vectors'] !== true },
      () => openHost(home),
      output,
      signal,
    );
    return;
  }
  const host = openHost(string(values, 'catalog'));
  try {
    if (command === 'generate')
      await generate(host, rest.length > 0 ? rest.join(' ') : undefined, values, output, signal);
    else if (command === 'import') {
      for (const problem of await host.placeProblems()) output.note(`Take care: ${problem}`);
      const pack = await choosePack(host.services, string(values, 'pack'), signal);
      const report = await importRoot(
        host,
        await host.registerRoot(folder as string),
        pack.packId,
        output,
        signal,
      );
      output.result(report);
      for (const line of reportLines(report)) output.line(line);
    } else if (command === 'search') {
      const request = searchRequest(rest, values);
      const pack = await choosePack(host.services, string(values, 'pack'), signal);
      await ensureReferences(host, undefined, pack, output, signal);
      const { hits } = await host.services.catalog.search(
        await parse(SearchRequest, { ...request, packId: pack.packId }, 'search'),
        { signal },
      );
      output.result(hits);
      for (const h of hits)
        output.line(
          `${h.image.contentHash.slice(0, 8)}  ${h.image.name}  score ${h.score.toFixed(3)}${h.strength === null ? '' : `  strength ${(h.strength * 100).toFixed(0)} %`}${h.alike ? `  and ${h.alike} alike` : ''}`,
        );
    } else if (command === 'packs') {
      const list = await host.services.packs.list({}, { signal });
      output.result(list);
      for (const p of list.packs)
        output.line(
          `${p.packId} ${p.version}  ${p.name}  ${(p.bytes / 1e6).toFixed(1)} MB  ${p.licence}  ${p.role}`,
        );
      for (const r of list.refused) output.line(`refused ${r.folder}: ${r.error.message}`);
    } else {
      const pack = string(values, 'pack');
      const report = await host.services.packs.doctor(pack === undefined ? {} : { packId: pack }, { signal });
      output.result(report);
      output.line(`Accent ${report.appVersion}, ${report.runtime}, ${report.platform}`);
      for (const c of report.checks) output.line(`${c.state.padEnd(8)} ${c.name}: ${c.message}`);
      for (const p of report.packs) {
        output.line(`pack ${p.packId}${p.error ? `: ${p.error.message}` : ''}`);
        for (const port of p.ports) {
          const golden = port.chosen?.goldenError;
          output.line(
            `  ${port.port.padEnd(13)} ${port.chosen ? `${port.chosen.name} (${port.chosen.detail}${golden === null || golden === undefined ? '' : `, golden check at ${golden.toFixed(2)} of its tolerance`})` : 'nothing'}`,
          );
          for (const r of port.refused) output.line(`    not ${r.name}: ${r.reason}`);
        }
      }
      for (const r of report.refused) output.line(`refused ${r.folder}: ${r.error.message}`);
    }
    await host.checked();
  } finally {
    await host.close();
  }
}

const EXIT: Readonly<Record<string, number>> = { invalid_input: 2, out_of_range: 2, cancelled: 130 };

async function main(argv: readonly string[]): Promise<number> {
  const abort = new AbortController();
  process.once('SIGINT', () => {
    abort.abort();
  });
  process.once('SIGTERM', () => {
    abort.abort();
  });
  const json = argv.includes('--json');
  const output = makeOutput(json);
  try {
    const { command, values, rest } = parseCommand(argv);
    if (values['help'] === true) {
      process.stdout.write(USAGE[command] ?? '');
      return 0;
    }
    await run(command, values, rest, output, abort.signal);
    return 0;
  } catch (error) {
    const failed = toAppError(error);
    if (json)
      process.stdout.write(`${JSON.stringify({ error: { code: failed.code, message: failed.message } })}\n`);
    output.note(`accent: ${failed.message}`);
    if (failed.code === 'internal')
      output.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return EXIT[failed.code] ?? 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
