import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { ProviderRefusedError, ProviderUnavailableError } from '../errors/errors.ts';
import type { Mail } from './mail.ts';
import { createSmtpMail } from './smtp.ts';

const MAIL: Mail = {
  key: 'effect-1',
  workspaceId: 'ws_00000000000000000001',
  from: '"Northwind, Robotics" <billing@example.com>',
  to: 'ada@example.org',
  subject: 'Your card — declined',
  html: '<p>Grüße</p>',
  text: 'Grüße',
  headers: { 'Auto-Submitted': 'auto-generated' },
};

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
}

let server: SMTPServer | undefined;
afterEach(async () => {
  if (server) await new Promise<void>((resolve) => server?.close(resolve));
  server = undefined;
});

/** A real SMTP server on a port of its own. @returns its URL and what it took. */
async function listening(options: SMTPServerOptions = {}): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return { url: `smtp://127.0.0.1:${String((server.server.address() as AddressInfo).port)}`, received };
}

const refusal = (code: number): Error => Object.assign(new Error('No.'), { responseCode: code });
const outcomeOf = (url: string): Promise<unknown> =>
  createSmtpMail({ smtpUrl: url })
    .send(MAIL)
    .catch((error: unknown) => error);

describe('a mail over SMTP', () => {
  it('arrives whole, under a Message-ID that follows from its key', async () => {
    const { url, received } = await listening();
    const mail = createSmtpMail({ smtpUrl: url });
    const [first, again, other] = [
      await mail.send(MAIL),
      await mail.send(MAIL),
      await mail.send({ ...MAIL, key: 'effect-2' }),
    ];
    expect(first.providerMessageId).toMatch(/^<[0-9a-f]{32}@example\.com>$/);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(received[0]).toMatchObject({ from: 'billing@example.com', to: ['ada@example.org'] });
    const raw = received[0]?.raw ?? '';
    expect(raw).toContain(`Message-ID: ${first.providerMessageId}`);
    expect(raw).toContain('From: "Northwind, Robotics" <billing@example.com>');
    expect(raw).toContain('Auto-Submitted: auto-generated');
    expect(raw).toMatch(/Content-Type: text\/plain[\s\S]*Content-Type: text\/html/);
  });

  it('cannot be asked about afterwards', async () => {
    await expect(createSmtpMail({ smtpUrl: 'smtp://127.0.0.1:1' }).lookup('k', 'ws')).resolves.toBe('UNKNOWABLE');
  });

  it.each([
    [
      'the recipient is refused for good',
      {
        onRcptTo: (_a, _s, done) => {
          done(refusal(550));
        },
      },
      'REFUSED',
    ],
    [
      'the recipient is refused for now',
      {
        onRcptTo: (_a, _s, done) => {
          done(refusal(450));
        },
      },
      'NOT_SENT',
    ],
    [
      'the server takes no connection',
      {
        onConnect: (_s, done) => {
          done(refusal(421));
        },
      },
      'NOT_SENT',
    ],
    [
      'the content is refused for good',
      {
        onData: (stream, _s, done) => {
          stream.resume().on('end', () => {
            done(refusal(554));
          });
        },
      },
      'REFUSED',
    ],
    [
      'the content is refused for now',
      {
        onData: (stream, _s, done) => {
          stream.resume().on('end', () => {
            done(refusal(451));
          });
        },
      },
      'NOT_SENT',
    ],
    [
      'the connection breaks when the content is over',
      {
        onData: (stream) => {
          stream.resume().on('end', () => {
            for (const connection of server?.connections ?? []) connection.close();
          });
        },
      },
      'UNKNOWN',
    ],
  ] satisfies [string, SMTPServerOptions, string][])('when %s', async (_what, options, expected) => {
    const { url } = await listening(options);
    const outcome = await outcomeOf(url);
    const told =
      outcome instanceof ProviderRefusedError
        ? 'REFUSED'
        : outcome instanceof ProviderUnavailableError
          ? outcome.notSent
            ? 'NOT_SENT'
            : 'UNKNOWN'
          : outcome;
    expect(told).toBe(expected);
  });

  it('is held back while nobody listens, and says nothing of the server to a caller', async () => {
    const outcome = await outcomeOf('smtp://127.0.0.1:1');
    expect(outcome).toMatchObject({ notSent: true });
    expect((outcome as Error).message).not.toContain('127.0.0.1');
  });

  it('carries a password over TLS only', async () => {
    const seen: string[] = [];
    const { url, received } = await listening({
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => {
        seen.push(auth.username ?? '');
        done(null, { user: auth.username });
      },
    });
    const outcome = await outcomeOf(url.replace('smtp://', 'smtp://oppulence:secret@'));
    expect(outcome).toMatchObject({ notSent: true });
    expect([seen, received]).toEqual([[], []]);
  });
});
