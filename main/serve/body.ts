/** Reads the small JSON body of a POST. */
import type { IncomingMessage } from 'node:http';
import { AppError } from '#contract';
import { header } from './guard.ts';

const MAX_BODY = 4096;

/**
 * An object of exactly these texts. Throws `not_supported` for another content type (a form or text/plain could be sent
 * by any page without asking), `too_large` beyond 4 KiB, `invalid_input` for anything else that does not fit.
 */
export async function readBody(
  request: IncomingMessage,
  fields: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const type = header(request, 'content-type')?.toLowerCase().replaceAll(' ', '');
  if (type !== 'application/json' && type !== 'application/json;charset=utf-8') {
    throw new AppError('not_supported', 'Expected the content type application/json.');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new AppError('too_large', `Expected a body of at most ${MAX_BODY} bytes.`);
    chunks.push(chunk);
  }
  const wanted =
    fields.length === 0 ? 'an empty JSON object' : `a JSON object with the texts: ${fields.join(', ')}`;
  const misfit = new AppError('invalid_input', `Expected ${wanted}, and nothing else.`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw misfit;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw misfit;
  const entries = Object.entries(value);
  const fits = entries.every(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && fields.includes(entry[0]),
  );
  if (!fits || entries.length !== fields.length) throw misfit;
  return Object.fromEntries(entries);
}
