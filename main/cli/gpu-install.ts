/**
 * `gpu install`: the CUDA provider of ONNX Runtime is too large for its npm package. On consent the package's own script
 * fetches it, for the very version that is installed. The only command of the studio that uses the network.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { AppError } from '#contract';
import type { Output } from './output.ts';

/** As much of the package's script/install-metadata.js as is read. */
interface Metadata {
  readonly requirements: Readonly<Record<string, readonly string[]>>;
  readonly manifests: Readonly<Record<string, Readonly<Record<string, { readonly package: string }>>>>;
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly name: string;
        readonly versions: readonly { readonly feed: string; readonly version: string }[];
      }
    >
  >;
  readonly feeds: Readonly<Record<string, { readonly index: string }>>;
}

/** Where things are and how they are done; the tests put their own here. */
export interface GpuInstallRig {
  /** "linux/x64", as Node names them. */
  readonly platform: string;
  /** Folder of the installed onnxruntime-node. */
  readonly folder: string;
  /** Runs a script of the package to its end; resolves with its exit code. */
  readonly run: (script: string, env: Readonly<Record<string, string>>) => Promise<number>;
  /** The user's yes or no; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
}

export interface InstalledFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** On this machine: the package beside us, a child process, the terminal. */
export function gpuInstallRig(): GpuInstallRig {
  const require = createRequire(import.meta.url);
  return {
    platform: `${process.platform}/${process.arch}`,
    folder: dirname(dirname(require.resolve('onnxruntime-node'))),
    run: (script, env) =>
      new Promise((done, failed) => {
        // Its words go to stderr, so that stdout holds our result only.
        const child = spawn(process.execPath, [script], {
          env: { ...process.env, ...env },
          stdio: ['ignore', 2, 2],
        });
        child.once('error', failed);
        child.once('exit', (code) => {
          done(code ?? 1);
        });
      }),
    ask:
      process.stdin.isTTY && process.stderr.isTTY
        ? async (question) => {
            const lines = createInterface({ input: process.stdin, output: process.stderr });
            const answer = await lines.question(question);
            lines.close();
            return /^y(es)?$/i.test(answer.trim());
          }
        : null,
  };
}

interface Plan {
  readonly version: string;
  readonly source: string;
  readonly paths: readonly string[];
}

/** What the package's script would fetch here. Throws `not_supported` where that is nothing, or another version. */
function planFor({ platform, folder }: GpuInstallRig): Plan {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const metadata = createRequire(join(folder, 'package.json'))('./script/install-metadata.js') as Metadata;
  const names = metadata.requirements[platform] ?? [];
  const manifests = names.flatMap((name) => Object.entries(metadata.manifests[`${platform}:${name}`] ?? {}));
  if (manifests.length === 0)
    throw new AppError(
      'not_supported',
      `There is nothing to fetch on ${platform}: the package holds all providers that it has for this system. "doctor" shows which of them run.`,
    );
  const packages = [...new Set(manifests.map(([, m]) => m.package))].map((name) => metadata.packages[name]);
  const first = packages[0]?.versions[0];
  const other = packages.flatMap((p) => p?.versions ?? []).find((v) => v.version !== version);
  if (!first || other)
    throw new AppError(
      'not_supported',
      `The package has version ${version}, its script would fetch ${other?.version ?? 'no version'}; they must be the same. Install the packages again with npm ci.`,
    );
  const host = new URL(metadata.feeds[first.feed]?.index ?? '').host;
  return {
    version,
    source: `${packages.map((p) => p?.name ?? '').join(', ')} ${version} from ${host}`,
    paths: manifests.map(([file]) => resolve(folder, 'bin/napi-v6', platform, file)),
  };
}

const ELF_64 = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2]);

/** The file's facts. Throws `part_missing` or `forbidden_format` for what is no 64-bit library. */
async function check(path: string): Promise<InstalledFile> {
  const file = path.split(/[/\\]/).at(-1) ?? path;
  const { size } = await stat(path).catch(() => {
    throw new AppError('part_missing', `The script ended without an error, but did not bring ${file}.`);
  });
  const handle = await open(path, 'r');
  const head = Buffer.alloc(ELF_64.length);
  await handle.read(head, 0, head.length, 0).finally(() => handle.close());
  if (!head.equals(ELF_64))
    throw new AppError('forbidden_format', `${file} is not a 64-bit Linux library; it was removed again.`);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { file, bytes: size, sha256: hash.digest('hex') };
}

/**
 * Explains, asks, runs, checks, reports. What a failed run brought is removed again. Throws `cancelled` on a no and
 * `invalid_input` where nobody can be asked and `yes` is not set.
 */
export async function gpuInstall(
  rig: GpuInstallRig,
  { yes }: { readonly yes: boolean },
  output: Output,
): Promise<void> {
  const plan = planFor(rig);
  const { paths } = plan;
  output.note(`This fetches the CUDA provider of ONNX Runtime: ${plan.source}.`);
  output.note(
    `${paths.length} libraries, some hundred megabytes, go into node_modules beside the installed version ${plan.version}; npm ci removes them.`,
  );
  output.note(
    'It needs an NVIDIA card, and CUDA 12 with cuDNN 9 on this machine. Nothing else is sent or fetched.',
  );
  output.note(
    "The package's own script does it, over HTTPS. It compares no checksum; those of the files are printed at the end.",
  );
  if (!yes) {
    if (!rig.ask)
      throw new AppError(
        'invalid_input',
        'gpu install: there is no terminal to ask on. Add --yes to agree to the download.',
      );
    if (!(await rig.ask('Download now? [y/N] '))) throw new AppError('cancelled', 'Nothing was fetched.');
  }
  const before = new Set(paths.filter((path) => existsSync(path)));
  const files: InstalledFile[] = [];
  try {
    // The word "true" means all that the package has for this system; its script takes other words for "not said".
    const code = await rig.run(join(rig.folder, 'script', 'install.js'), {
      ONNXRUNTIME_NODE_INSTALL: 'true',
    });
    if (code !== 0)
      throw new AppError(
        'io_error',
        `The script ended with code ${code}; its words stand above. Look at the network and try again.`,
      );
    for (const path of paths) files.push(await check(path));
  } catch (error) {
    for (const path of paths) if (!before.has(path)) await rm(path, { force: true });
    throw error;
  }
  output.result({ version: plan.version, source: plan.source, files });
  for (const f of files) output.line(`${f.file}  ${(f.bytes / 1e6).toFixed(1)} MB  sha256 ${f.sha256}`);
  output.line('Fetched. Whether CUDA runs here, and why not, says: npm start -- doctor');
}
