/**
 * What proves that a request comes from the user's page: a token (in the address's fragment, good once) becomes a
 * bearer and a picture key; a bearer buys tickets (good once, 30 s), one per WebSocket. The host keeps digests only.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export const TICKET_MS = 30_000;
const MAX_TOKENS = 8;
const MAX_SESSIONS = 64;
const MAX_TICKETS = 64;

export interface Secrets {
  /** A new token; the oldest unused one is forgotten when there are more than 8. */
  token(): string;
  /** Spends a token; undefined when it is unknown or was spent. */
  swap(token: string): { readonly bearer: string; readonly assetKey: string } | undefined;
  /** A ticket for a known bearer, else undefined. */
  ticket(bearer: string): string | undefined;
  /** Spends a ticket; false when it is unknown, spent or older than 30 s. */
  takeTicket(ticket: string): boolean;
  /** True when the key came with some session. */
  knowsAssetKey(key: string): boolean;
}

/** `now` in milliseconds. */
export function makeSecrets(now: () => number = Date.now): Secrets {
  const tokens: Buffer[] = [];
  const bearers: Buffer[] = [];
  const assetKeys: Buffer[] = [];
  const tickets: { readonly digest: Buffer; readonly until: number }[] = [];

  const mint = (list: Buffer[], max: number): string => {
    const secret = newSecret();
    list.push(digestOf(secret));
    if (list.length > max) list.shift();
    return secret;
  };
  return {
    token: () => mint(tokens, MAX_TOKENS),
    swap(token) {
      const at = find(tokens, token);
      if (at < 0) return undefined;
      tokens.splice(at, 1);
      return { bearer: mint(bearers, MAX_SESSIONS), assetKey: mint(assetKeys, MAX_SESSIONS) };
    },
    ticket(bearer) {
      if (find(bearers, bearer) < 0) return undefined;
      const secret = newSecret();
      tickets.push({ digest: digestOf(secret), until: now() + TICKET_MS });
      if (tickets.length > MAX_TICKETS) tickets.shift();
      return secret;
    },
    takeTicket(ticket) {
      const at = find(
        tickets.map(({ digest }) => digest),
        ticket,
      );
      if (at < 0) return false;
      const [taken] = tickets.splice(at, 1);
      return taken !== undefined && now() < taken.until;
    },
    knowsAssetKey: (key) => find(assetKeys, key) >= 0,
  };
}

/** 256 random bits as 43 characters that need no escaping in an address. */
function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Looks at every entry, whether it found one or not, so that the time tells nothing. */
function find(digests: readonly Buffer[], secret: string): number {
  const wanted = digestOf(secret);
  let found = -1;
  digests.forEach((digest, i) => {
    if (timingSafeEqual(digest, wanted)) found = i;
  });
  return found;
}
