/** What the command line says: progress and words on stderr, results (or one JSON object) on stdout. */
export interface Output {
  readonly json: boolean;
  /** A line of the result. Silent with --json. */
  line(text: string): void;
  /** The result as JSON, with --json only. */
  result(value: unknown): void;
  /** Progress: redrawn in place on a terminal, thinned to whole tens of per cent elsewhere. */
  progress(label: string, done: number, of: number): void;
  note(text: string): void;
}

const BAR = 24;

export function makeOutput(
  json: boolean,
  out: NodeJS.WriteStream = process.stdout,
  err: NodeJS.WriteStream = process.stderr,
): Output {
  let open = false;
  let lastTenth = '';
  const closeBar = (): void => {
    if (open) err.write('\n');
    open = false;
  };
  return {
    json,
    line(text) {
      closeBar();
      if (!json) out.write(`${text}\n`);
    },
    result(value) {
      closeBar();
      if (json) out.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    progress(label, done, of) {
      const share = of === 0 ? 1 : done / of;
      if (err.isTTY) {
        const filled = Math.round(share * BAR);
        err.write(
          `\r${label.padEnd(18)} ${'#'.repeat(filled)}${'-'.repeat(BAR - filled)} ${String(done)}/${String(of)} `,
        );
        open = true;
        if (done >= of) closeBar();
        return;
      }
      const tenth = `${label}${String(Math.floor(share * 4))}`;
      if (tenth !== lastTenth) err.write(`${label} ${String(done)} of ${String(of)}\n`);
      lastTenth = tenth;
    },
    note(text) {
      closeBar();
      err.write(`${text}\n`);
    },
  };
}
