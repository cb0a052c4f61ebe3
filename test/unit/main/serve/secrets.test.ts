import { describe, expect, it } from 'vitest';
import { TICKET_MS, makeSecrets } from '../../../../main/serve/secrets.ts';

describe('secrets', () => {
  it('gives 256 bits each, never the same', () => {
    const secrets = makeSecrets();
    const made = Array.from({ length: 50 }, () => secrets.token());
    expect(new Set(made).size).toBe(50);
    for (const token of made) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  });

  it('swaps a token once', () => {
    const secrets = makeSecrets();
    const token = secrets.token();
    const session = secrets.swap(token);
    expect(session).toBeDefined();
    expect(secrets.swap(token)).toBeUndefined();
    expect(secrets.swap('')).toBeUndefined();
  });

  it('forgets the oldest unused token after eight more', () => {
    const secrets = makeSecrets();
    const first = secrets.token();
    const second = secrets.token();
    for (let i = 0; i < 7; i++) secrets.token();
    expect(secrets.swap(first)).toBeUndefined();
    expect(secrets.swap(second)).toBeDefined();
  });

  it('takes each kind only in its place', () => {
    const secrets = makeSecrets();
    const token = secrets.token();
    expect(secrets.ticket(token)).toBeUndefined();
    const session = secrets.swap(token);
    if (!session) throw new Error('no session');
    expect(secrets.swap(session.bearer)).toBeUndefined();
    expect(secrets.ticket(session.assetKey)).toBeUndefined();
    expect(secrets.takeTicket(session.bearer)).toBe(false);
    expect(secrets.knowsAssetKey(session.bearer)).toBe(false);
    expect(secrets.knowsAssetKey(session.assetKey)).toBe(true);
  });

  it('takes a ticket once and only in time', () => {
    let time = 0;
    const secrets = makeSecrets(() => time);
    const bearer = secrets.swap(secrets.token())?.bearer ?? '';
    const once = secrets.ticket(bearer) ?? '';
    expect(secrets.takeTicket(once)).toBe(true);
    expect(secrets.takeTicket(once)).toBe(false);
    const inTime = secrets.ticket(bearer) ?? '';
    const late = secrets.ticket(bearer) ?? '';
    time = TICKET_MS - 1;
    expect(secrets.takeTicket(inTime)).toBe(true);
    time = TICKET_MS;
    expect(secrets.takeTicket(late)).toBe(false);
  });
});
