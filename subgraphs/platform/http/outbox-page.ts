import path from 'node:path';
import type { CapturedMail } from '#subgraphs/shared/mail/mail-sink.ts';
import { createTemplates } from '#subgraphs/shared/mail/templates.ts';

const templates = createTemplates(path.join(import.meta.dirname, 'templates'));

/** Links without a target would load inside the frame, where the sandbox stops the page they lead to. */
const asDocument = (html: string): string => `<base target="_blank">${html}`;

export async function outboxPage(workspaceId: string, mails: readonly CapturedMail[]): Promise<string> {
  const shown = mails.map(({ key, from, to, subject, text, html, capturedAt }) => ({
    key,
    from,
    to,
    subject,
    text,
    at: capturedAt.toISOString(),
    document: asDocument(html),
  }));
  return templates.render('outbox.html', { title: 'Outbox', workspaceId, mails: shown });
}

export async function lockedOutboxPage(): Promise<string> {
  return templates.render('outbox-locked.html', { title: 'Outbox locked' });
}
