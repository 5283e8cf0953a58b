/** A mail as the domain wants it to arrive. Both bodies are complete: some readers show only one. */
export interface Mail {
  /** Stable for the decision to send it: the same key never arrives twice. */
  readonly key: string;
  readonly workspaceId: string;
  /** `Name <address>` or an address. */
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SentMail {
  readonly providerMessageId: string;
}

/** The way out for mail: the captured outbox here, a provider's API or SMTP elsewhere. */
export interface MailPort {
  /**
   * Sends, or answers what was sent under this key before (the first content stays).
   * @throws {ProviderUnavailableError} when it is not known whether the mail left; with `notSent`, it did not and may later. @throws {ProviderRefusedError} when it did not.
   */
  send(mail: Mail): Promise<SentMail>;
  /** Whether a mail with this key left this workspace (null: it did not); never sends. UNKNOWABLE where nobody can be asked. */
  lookup(key: string, workspaceId: string): Promise<SentMail | null | 'UNKNOWABLE'>;
}
