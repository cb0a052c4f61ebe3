import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Messages about one extra file in an environment, as if it lay in that folder. */
function check(environment: string, folder: string, code: string): string[] {
  const configFile = join(root, `tsconfig.${environment}.json`);
  const { config } = ts.readConfigFile(configFile, (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const probe = join(root, folder, 'environment-probe.ts');
  const plain = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...plain,
    fileExists: (path) => path === probe || plain.fileExists(path),
    getSourceFile: (path, ...rest) =>
      path === probe
        ? ts.createSourceFile(path, code, ts.ScriptTarget.Latest)
        : plain.getSourceFile(path, ...rest),
  };
  const declarations = fileNames.filter((path) => path.endsWith('.d.ts') && existsSync(path));
  const program = ts.createProgram([...declarations, probe], options, host);
  return program
    .getSemanticDiagnostics(program.getSourceFile(probe))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

const NODE = "import { readFileSync } from 'node:fs'; export const a = [readFileSync, process, Buffer];";
const PAGE = 'export const b = [document, window, HTMLElement];';
const BOTH = 'export const c = (signal: AbortSignal) => signal.aborted;';

describe.each([
  { environment: 'contract', folder: 'contract', node: false, page: false },
  { environment: 'main', folder: 'main/services/jobs', node: true, page: false },
  { environment: 'renderer', folder: 'renderer/stores', node: false, page: true },
  { environment: 'native', folder: 'native', node: true, page: false },
  { environment: 'training', folder: 'training/data', node: true, page: false },
])('the environment $environment', ({ environment, folder, node, page }) => {
  it(`${node ? 'sees' : 'does not see'} Node`, () => {
    const messages = check(environment, folder, NODE);
    expect(messages).toHaveLength(node ? 0 : 3);
  });
  it(`${page ? 'sees' : 'does not see'} the page`, () => {
    const messages = check(environment, folder, PAGE);
    expect(messages).toHaveLength(page ? 0 : 3);
  });
  it('sees an AbortSignal, and is strict', () => {
    expect(check(environment, folder, BOTH)).toEqual([]);
    expect(check(environment, folder, 'export const d: string = [""][0];')).toHaveLength(1);
    expect(check(environment, folder, 'export enum E { A }')).toHaveLength(1);
  });
});
