/**
 * The import table of the house: which folder may import what. `violations` reads the import lines of sources, so a
 * breach is found wherever it is written, also in code that no test runs.
 */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

/** A source file: path from the repository's root with "/", and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly imported: string;
  readonly reason: string;
}

/**
 * One row of the table; the first row whose folder holds a file is used, so the narrower rows come first.
 * `own` are paths in this repository (a folder with a trailing slash, or one file), always beside the folder itself;
 * `packages` are package names, `node:` for all of Node's modules; `never` wins over both.
 * main/link/ holds the links that several processes share (parent and child); main/page/ reads the built page for the
 * two hosts that show it.
 */
interface Row {
  readonly folder: string;
  readonly own: readonly string[];
  readonly packages: readonly string[] | 'any';
  readonly never?: readonly string[];
}

/** Page libraries are named in docs/decisions before they are added here. */
const PAGE_PACKAGES = ['vue', 'pinia', '@vueuse/core', 'uplot', '@fontsource-variable/inter'];
const HOST_NEVER = ['electron', 'ws', 'node:http', 'node:https', 'node:http2'];

const TABLE: readonly Row[] = [
  { folder: 'contract/', own: [], packages: ['valibot'] },
  { folder: 'main/engine/sampler/', own: [], packages: [] },
  {
    folder: 'main/engine/',
    own: ['contract/', 'native/index.ts', 'main/link/'],
    packages: ['node:', 'valibot', 'onnxruntime-node', 'onnxruntime-common'],
    never: HOST_NEVER,
  },
  {
    folder: 'main/decode/',
    own: ['contract/', 'main/link/'],
    packages: ['node:', 'valibot', 'sharp'],
    never: HOST_NEVER,
  },
  {
    folder: 'main/services/store/',
    own: ['contract/'],
    packages: ['node:', 'valibot', 'better-sqlite3', 'sqlite-vec', 'pg'],
    never: HOST_NEVER,
  },
  {
    folder: 'main/services/',
    // Types only, see `typesOnly`: other services and the engine's and decoder's contract come as arguments.
    // main/files.ts writes files, main/vectors.ts does sums, main/bare-png.ts strips pictures, main/bell.ts wakes; they know of nothing else.
    own: ['contract/', 'main/bare-png.ts', 'main/bell.ts', 'main/files.ts', 'main/vectors.ts'],
    packages: 'any',
    never: [...HOST_NEVER, 'better-sqlite3', 'sqlite-vec', 'pg', 'onnxruntime-node'],
  },
  {
    folder: 'main/electron/',
    own: ['contract/', 'main/host.ts', 'main/config.ts', 'main/samples.ts', 'main/link/', 'main/page/'],
    packages: ['node:', 'electron'],
  },
  {
    folder: 'main/serve/',
    own: ['contract/', 'main/host.ts', 'main/config.ts', 'main/link/', 'main/page/'],
    packages: ['node:', 'ws', 'valibot'],
  },
  // The command line is also what starts `serve`: the one place where one host's folder may name another's.
  {
    folder: 'main/cli/',
    own: [
      'contract/',
      'main/host.ts',
      'main/config.ts',
      'main/samples.ts',
      'main/serve/index.ts',
      'main/link/',
    ],
    packages: ['node:', 'valibot'],
    never: HOST_NEVER,
  },
  { folder: 'main/page/', own: ['contract/'], packages: ['node:'], never: HOST_NEVER },
  { folder: 'main/link/', own: ['contract/'], packages: ['node:'], never: HOST_NEVER },
  // What scans the catalog's vectors (docs/decisions/0022-native-scan.md): services are given it.
  {
    folder: 'main/vector-scan.ts',
    own: ['contract/', 'native/index.ts', 'main/services/catalog/index.ts'],
    packages: ['node:'],
    never: HOST_NEVER,
  },
  { folder: 'main/', own: ['contract/', 'main/'], packages: 'any', never: HOST_NEVER },
  { folder: 'preload/', own: [], packages: ['electron'] },
  { folder: 'renderer/ui/', own: [], packages: ['vue'] },
  { folder: 'renderer/', own: ['contract/'], packages: PAGE_PACKAGES },
  { folder: 'native/', own: [], packages: ['node:'] },
  { folder: 'training/', own: [], packages: 'any', never: ['electron', 'vue'] },
];

/** Only `import type` may reach these: the types of what is passed in, never the thing itself. */
const TYPES_ONLY: readonly { readonly from: string; readonly to: readonly string[] }[] = [
  {
    from: 'main/services/',
    to: [
      'main/services/',
      'main/engine/contract.ts',
      'main/engine/index.ts',
      'main/decode/contract.ts',
      'main/decode/index.ts',
      'main/config.ts',
    ],
  },
  { from: 'main/', to: ['main/engine/contract.ts', 'main/decode/contract.ts'] },
];

const BUILTIN = new Set(builtinModules);

/** All breaches of the table in these sources, in their order. */
export function violations(sources: readonly Source[]): Violation[] {
  return sources.flatMap((source) =>
    importsOf(source).flatMap(({ line, imported, isType }) => {
      const reason = judge(source.path, imported, isType);
      return reason === undefined ? [] : [{ path: source.path, line, imported, reason }];
    }),
  );
}

interface Import {
  readonly line: number;
  readonly imported: string;
  readonly isType: boolean;
}

/** Every module that a file names: import, export from, import(), require(), import types; of .vue files the scripts. */
export function importsOf({ path, text }: Source): Import[] {
  const code = path.endsWith('.vue') ? scriptsOf(text) : text;
  const file = ts.createSourceFile(path, code, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS);
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, isType: boolean): void => {
    if (!node || !ts.isStringLiteralLike(node)) return;
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
    found.push({ line, imported: node.text, isType });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly === true);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && isLoad(node.expression)) add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isLoad(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(callee) && callee.text === 'require';
}

/** The script blocks of a component, everything else blanked, so that line numbers stay right. */
function scriptsOf(text: string): string {
  let code = '';
  let end = 0;
  for (const match of text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)) {
    const script = match[1] ?? '';
    const begin = match.index + match[0].indexOf('>') + 1;
    code += blank(text.slice(end, begin)) + script;
    end = begin + script.length;
  }
  return code;
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function judge(path: string, imported: string, isType: boolean): string | undefined {
  const row = TABLE.find(({ folder }) => path.startsWith(folder));
  if (!row) return undefined;
  const target = resolveOwn(path, imported);
  return target === undefined ? judgePackage(row, imported) : judgeOwn(row, path, target, isType);
}

/** The repository path that an import names, or undefined for a package. */
function resolveOwn(path: string, imported: string): string | undefined {
  if (imported === '#contract') return 'contract/index.ts';
  if (imported.startsWith('#contract/')) return `contract/${imported.slice('#contract/'.length)}.ts`;
  if (imported === '#native') return 'native/index.ts';
  if (imported.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), imported));
  return undefined;
}

function judgeOwn(row: Row, path: string, target: string, isType: boolean): string | undefined {
  const inside = (place: string): boolean =>
    place.endsWith('/') ? target.startsWith(place) : target === place;
  const home = homeOf(path);
  const mayType = TYPES_ONLY.some((rule) => path.startsWith(rule.from) && rule.to.some(inside));
  if (!inside(home) && !row.own.some(inside) && !(isType && mayType)) {
    return `${row.folder} may not import ${target}${mayType ? ' but as a type' : ''}`;
  }
  return judgeDoor(path, target);
}

/** The folder whose files belong together: one service, one feature folder or the row's own folder. */
function homeOf(path: string): string {
  const service = /^main\/services\/[^/]+\//.exec(path)?.[0];
  return service ?? TABLE.find(({ folder }) => path.startsWith(folder))?.folder ?? '';
}

/** Nobody imports past the index.ts of a service or process folder; a contract.ts is a door too. */
function judgeDoor(path: string, target: string): string | undefined {
  const doors = /^(main\/services\/[^/]+|main\/engine|main\/decode|main\/serve|main\/electron|native)\//.exec(
    target,
  )?.[0];
  if (doors === undefined || path.startsWith(doors)) return undefined;
  const rest = target.slice(doors.length);
  return rest === 'index.ts' || rest === 'contract.ts' ? undefined : `import ${doors}index.ts, not past it`;
}

function judgePackage(row: Row, imported: string): string | undefined {
  const name = packageOf(imported);
  const builtin = name.startsWith('node:');
  const matches = (entry: string): boolean => entry === name || (entry === 'node:' && builtin);
  if (row.never?.some(matches)) return `${row.folder} may never import ${name}`;
  if (row.packages === 'any' || row.packages.some(matches)) return undefined;
  return `${row.folder} may not import ${name}`;
}

function packageOf(imported: string): string {
  if (imported.startsWith('node:')) return imported;
  const [first = '', second = ''] = imported.split('/');
  if (first.startsWith('@')) return `${first}/${second}`;
  return BUILTIN.has(first) ? `node:${first}` : first;
}
