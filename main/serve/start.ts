/** `serve`: the studio in a browser, by default for this machine only. */
import type { AddressInfo } from 'node:net';
import { AppError, contract, serve } from '#contract';
import type { Host } from '../host.ts';
import { allowedHosts, shownHost } from './guard.ts';
import type { isNear } from './guard.ts';
import { readPage } from '../page/index.ts';
import { makeSecrets } from './secrets.ts';
import { makeServer } from './server.ts';

export interface ServeOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. Anything else shows the studio, unencrypted, to whoever can reach that address and has the link. */
  readonly hostname?: string;
  /** Whether a request comes from this machine (`isNear`); other pages get `host.guestServices`. */
  readonly near?: typeof isNear;
  /** Folder of the built page (out/renderer). */
  readonly page: string;
  /** Told once, when connections are taken. */
  readonly onReady?: (served: Served) => void;
  /** Errors that no user caused, for the log. */
  readonly onError?: (error: AppError, method: string | undefined) => void;
  /** Parse answers too (tests and development). */
  readonly parseOutput?: boolean;
}

export interface Served {
  /** To be opened once, by one tab; the part behind "#" never leaves the browser but to be swapped. */
  readonly url: string;
  readonly port: number;
  /** An address for another tab; `hostname` is another one of this machine's, for a browser elsewhere. */
  newUrl(hostname?: string): string;
  /** Closes all links and stops listening. */
  close(): Promise<void>;
}

/**
 * Serves the host's contract, pictures and page. The host stays the caller's: `close` does not close it.
 * Throws `not_found` when the page is not built, `conflict` when the port is taken, `permission_denied` or
 * `invalid_input` when the address cannot be listened on.
 */
export async function startServe(host: Host, options: ServeOptions): Promise<Served> {
  const { hostname = '127.0.0.1', onError = () => undefined } = options;
  const page = await readPage(options.page);
  const secrets = makeSecrets();
  let hosts: ReadonlySet<string> = new Set();
  const server = makeServer({
    page,
    secrets,
    hosts: () => hosts,
    asset: (id) => host.asset(id),
    ...(options.near ? { near: options.near } : {}),
    onLink: (link, near) => {
      serve(contract, near ? host.services : host.guestServices, link, {
        parseOutput: options.parseOutput ?? false,
        onError,
      });
    },
    onError: (error) => {
      onError(error, undefined);
    },
  });
  const port = await listen(server.http, hostname, options.port ?? 0);
  hosts = allowedHosts(hostname, port);
  const newUrl = (at = hostname): string => `http://${shownHost(at)}:${port}/#token=${secrets.token()}`;
  const served: Served = { url: newUrl(), port, newUrl, close: () => server.close() };
  options.onReady?.(served);
  return served;
}

type Listening = ReturnType<typeof makeServer>['http'];

function listen(http: Listening, hostname: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause: NodeJS.ErrnoException) => {
      reject(listenError(cause, hostname, port));
    });
    http.listen({ port, host: hostname, exclusive: true }, () => {
      resolve((http.address() as AddressInfo).port);
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, hostname: string, port: number): AppError {
  const where = `${hostname}, port ${port}`;
  if (cause.code === 'EADDRINUSE') {
    return new AppError('conflict', `Another program listens on ${where}. Choose another port, or stop it.`, {
      cause,
    });
  }
  if (cause.code === 'EACCES') {
    return new AppError(
      'permission_denied',
      `This user may not listen on ${where}. Choose a port from 1024 up.`,
      { cause },
    );
  }
  return new AppError('invalid_input', `Cannot listen on ${where} (${cause.code ?? cause.message}).`, {
    cause,
  });
}
