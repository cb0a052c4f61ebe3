/**
 * Who may ask at all, before any secret is looked at. A name that an attacker's DNS points at this machine is not on
 * the list of hosts, whatever its Origin says; a page of another site is not this origin.
 */
import { networkInterfaces } from 'node:os';

/** What is asked for decides which callers are plausible. */
export type Purpose = 'page' | 'file' | 'post' | 'socket';

export interface Caller {
  /** Raw header pairs as they came: name, value, name, value. */
  readonly rawHeaders: readonly string[];
}

/** 421: not our name; 403: from elsewhere. */
export type Refusal = 421 | 403;

/** All values of a header, in their order; a header that came twice gives two. */
export function headerValues({ rawHeaders }: Caller, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

/** The value of a header that came exactly once. */
export function header(caller: Caller, name: string): string | undefined {
  const values = headerValues(caller, name);
  return values.length === 1 ? values[0] : undefined;
}

/**
 * The values of Host that are ours: loopback's names and, when another address was asked for, that one. A wildcard
 * stands for the addresses that the machine has now.
 */
export function allowedHosts(hostname: string, port: number): ReadonlySet<string> {
  const names = new Set(['127.0.0.1', 'localhost', '[::1]']);
  if (isWildcard(hostname)) {
    for (const { address, family } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
      names.add(family === 'IPv6' ? `[${address}]` : address);
    }
  } else {
    names.add(inUrl(hostname).toLowerCase());
  }
  const hosts = [...names].map((name) => `${name}:${port}`);
  return new Set(port === 80 ? [...hosts, ...names] : hosts);
}

/** The name with which the address that is printed begins. */
export function shownHost(hostname: string): string {
  return isWildcard(hostname) ? '127.0.0.1' : inUrl(hostname);
}

/**
 * Whether a request comes from this machine: a loopback peer, and no sign of a program in between that passes on what others
 * ask. `remote` is the socket's own address.
 */
export function isNear(caller: Caller, remote: string | undefined): boolean {
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];
  if (forwarded.some((name) => headerValues(caller, name).length > 0)) return false;
  return remote !== undefined && isLoopback(remote);
}

/** An address that only this machine can reach, or have. */
export function isLoopback(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:/, '');
  return plain === 'localhost' || plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain);
}

/** Addresses at which this machine can be reached when it listens on `hostname`. */
export function reachedAt(hostname: string): string[] {
  if (!isWildcard(hostname)) return [hostname];
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && (family === 'IPv4' || hostname === '::'))
    .filter(({ address }) => !address.startsWith('fe80:'))
    .map(({ address }) => address);
}

function isWildcard(hostname: string): boolean {
  return hostname === '0.0.0.0' || hostname === '::';
}

function inUrl(hostname: string): string {
  return hostname.includes(':') ? `[${hostname}]` : hostname;
}

/**
 * Undefined when the caller may go on. A POST and a socket must come from our own page (`Origin` exact and present;
 * browsers always send it there); elsewhere `Origin` may be absent, but not foreign. `Sec-Fetch-Site` is absent in
 * programs that are no browsers, which then need the secrets all the same.
 */
export function judge(caller: Caller, purpose: Purpose, hosts: ReadonlySet<string>): Refusal | undefined {
  const host = header(caller, 'host');
  if (host === undefined || !hosts.has(host)) return 421;
  const origins = headerValues(caller, 'origin');
  const mustName = purpose === 'post' || purpose === 'socket';
  if (origins.length > 1 || (mustName && origins.length === 0)) return 403;
  if (origins.length === 1 && origins[0] !== `http://${host}`) return 403;
  const sites = headerValues(caller, 'sec-fetch-site');
  // `none` is the user typing an address; nobody types a POST.
  const known = purpose === 'page' || purpose === 'file' ? ['same-origin', 'none'] : ['same-origin'];
  return sites.every((site) => known.includes(site)) ? undefined : 403;
}
