import type { Pool } from 'pg';

import { sha256Hex } from '../crypto/crypto.ts';
import type { Mail, MailPort, SentMail } from './mail.ts';

export interface CapturedMail extends Required<Mail>, SentMail {
  /** Wall clock of the database. */
  readonly capturedAt: Date;
}

export interface MailSink extends MailPort {
  lookup(key: string, workspaceId: string): Promise<SentMail | null>;
  /** The workspace's captured mails, newest first; 50 unless told, at most 500. */
  list(workspaceId: string, options?: { limit?: number }): Promise<CapturedMail[]>;
}

const COLUMNS = `key, workspace_id as "workspaceId", "from", "to", subject, html, text, headers,
  provider_message_id as "providerMessageId", captured_at as "capturedAt"`;

/**
 * Keeps mails in kernel.captured_mail instead of sending them: where no mail provider is configured, and in tests. The pool is the
 * system role's, since a mail leaves outside of any request; every statement names its workspace.
 */
export function createMailSink({ pool }: { pool: Pick<Pool, 'query'> }): MailSink {
  async function lookup(key: string, workspaceId: string): Promise<SentMail | null> {
    const { rows } = await pool.query<SentMail>(
      `select provider_message_id as "providerMessageId" from kernel.captured_mail where workspace_id = $1 and key = $2`,
      [workspaceId, key],
    );
    return rows[0] ?? null;
  }

  return {
    lookup,

    async send({ key, workspaceId, from, to, subject, html, text, headers = {} }): Promise<SentMail> {
      // The id follows from the key, as with a provider that takes idempotency keys: a repeat answers the same.
      const providerMessageId = `${sha256Hex(JSON.stringify([workspaceId, key])).slice(0, 32)}@outbox`;
      await pool.query(
        `insert into kernel.captured_mail (workspace_id, key, provider_message_id, "from", "to", subject, html, text, headers)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
        [workspaceId, key, providerMessageId, from, to, subject, html, text, JSON.stringify(headers)],
      );
      return { providerMessageId };
    },

    async list(workspaceId, { limit = 50 } = {}): Promise<CapturedMail[]> {
      const { rows } = await pool.query<CapturedMail>(
        `select ${COLUMNS} from kernel.captured_mail where workspace_id = $1 order by captured_at desc, key desc limit $2`,
        [workspaceId, Math.min(Math.max(1, limit), 500)],
      );
      return rows;
    },
  };
}
