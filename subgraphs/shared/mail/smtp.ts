import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';

import { sha256Hex } from '../crypto/crypto.ts';
import { ProviderRefusedError, ProviderUnavailableError } from '../errors/errors.ts';
import type { Mail, MailPort, SentMail } from './mail.ts';

const PROVIDER = 'smtp';
/** Shorter than an effect's lease: a server that says nothing must not outlive the claim. */
const TIMEOUTS = { connectionTimeout: 5_000, greetingTimeout: 5_000, dnsTimeout: 5_000, socketTimeout: 8_000 };

/**
 * Sends through an SMTP server, one connection a mail. SMTP has no way to ask what became of a mail: one whose end was not heard is
 * UNKNOWABLE and is not sent again. A password travels over TLS only.
 * @param smtpUrl `smtp://user:password@host:587` (STARTTLS) or `smtps://…` (TLS from the start); without a user, what the server offers.
 */
export function createSmtpMail({ smtpUrl }: { smtpUrl: string }): MailPort {
  const { credentials, ...server } = serverOf(smtpUrl);
  return {
    async send(mail): Promise<SentMail> {
      const message = compose(mail);
      const connection = new SMTPConnection({ ...server, ...TIMEOUTS });
      try {
        await reach(connection, credentials);
        await hand(connection, message);
        return { providerMessageId: message.messageId };
      } finally {
        connection.quit();
        connection.close();
      }
    },
    lookup: () => Promise.resolve('UNKNOWABLE'),
  };
}

interface Credentials {
  readonly user: string;
  readonly pass: string;
}

function serverOf(smtpUrl: string): {
  host: string;
  port: number;
  secure: boolean;
  requireTLS: boolean;
  credentials: Credentials | null;
} {
  const url = new URL(smtpUrl);
  const secure = url.protocol === 'smtps:';
  const credentials =
    url.username === '' ? null : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  return {
    host: url.hostname,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && credentials !== null,
    credentials,
  };
}

interface Message {
  readonly messageId: string;
  readonly envelope: { readonly from: string | false; readonly to: string[] };
  readonly content: NodeJS.ReadableStream;
}

function compose({ key, workspaceId, from, to, subject, html, text, headers = {} }: Mail): Message {
  // It follows from the key: should a mail ever arrive twice, the receiver can tell that it is the same.
  const id = sha256Hex(JSON.stringify([workspaceId, key])).slice(0, 32);
  const sender = /<([^<>]+)>$/.exec(from)?.[1] ?? from;
  const messageId = `<${id}@${sender.split('@').at(-1) ?? ''}>`;
  const node = new MailComposer({
    from,
    to,
    subject,
    html,
    text,
    headers,
    messageId,
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  return { messageId, envelope: node.getEnvelope(), content: node.createReadStream() };
}

/** Until here nothing of the mail has left: whatever goes wrong, it can be sent later. */
async function reach(connection: SMTPConnection, credentials: Credentials | null): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(notSent(error));
    };
    connection.once('error', fail);
    connection.connect((refused) => {
      if (refused) fail(refused);
      else if (credentials === null) resolve();
      else
        connection.login({ credentials }, (denied) => {
          if (denied) fail(denied);
          else resolve();
        });
    });
  });
}

async function hand(connection: SMTPConnection, { envelope, content }: Message): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: SmtpError): void => {
      reject(whatBecameOf(error));
    };
    connection.once('error', fail);
    connection.send(envelope, content as never, (error) => {
      if (error) fail(error);
      else resolve();
    });
  });
}

interface SmtpError extends Error {
  readonly responseCode?: number | undefined;
  readonly code?: string | undefined;
}

/** What the server said no to did not leave: for good (5xx) or for now (4xx). A silence says nothing. */
function whatBecameOf(error: SmtpError): Error {
  const { responseCode, code } = error;
  if (responseCode !== undefined && responseCode >= 500)
    return new ProviderRefusedError(PROVIDER, 'The mail server refused this mail.', String(responseCode), {
      cause: error,
    });
  if (responseCode !== undefined && responseCode >= 400) return notSent(error);
  // An address that is none is found before anything is said to the server.
  if (code === 'EENVELOPE')
    return new ProviderRefusedError(PROVIDER, 'The address of this mail is not one.', code, { cause: error });
  return new ProviderUnavailableError(PROVIDER, 'The mail server did not say whether it took this mail.', {
    cause: error,
  });
}

function notSent(error: Error): ProviderUnavailableError {
  return new ProviderUnavailableError(PROVIDER, 'The mail server cannot be reached, or is not taking mails now.', {
    cause: error,
    notSent: true,
  });
}
