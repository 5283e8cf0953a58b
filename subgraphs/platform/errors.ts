import { DomainError } from '#subgraphs/shared/errors/errors.ts';

/** Nobody hands on more rights than they have. */
export class ScopeExceededError extends DomainError {
  readonly code = 'SCOPE_EXCEEDED';
  override readonly type = 'authorization_error';
  readonly scopes: readonly string[];

  constructor(scopes: readonly string[]) {
    super(
      `Your own key does not hold ${scopes.join(', ')}, so it cannot give that to another key. Ask with a key that holds it.`,
      { param: 'input.scopes' },
    );
    this.scopes = scopes;
  }
}

/** Without an admin key nobody could create a key again. */
export class LastAdminKeyError extends DomainError {
  readonly code = 'LAST_ADMIN_KEY';

  constructor() {
    super(
      'This is the last admin key of the workspace that does not expire. Create another key with the scope admin:* first, then revoke this one.',
      {
        param: 'input.id',
      },
    );
  }
}

/** Live time is nobody's to move. */
export class LiveClockError extends DomainError {
  readonly code = 'LIVE_CLOCK';

  constructor() {
    super('Only a TEST workspace has a clock that can be moved. Use the key of the TEST side of this workspace.');
  }
}

export class ClockTargetError extends DomainError {
  readonly code: 'CLOCK_TARGET_IN_THE_PAST' | 'CLOCK_TARGET_TOO_FAR';
  override readonly type = 'validation_error';

  constructor(reason: 'IN_THE_PAST' | 'TOO_FAR', now: Date, maxYears: number) {
    const advice =
      reason === 'IN_THE_PAST'
        ? 'A test clock only goes forward: choose a later instant.'
        : `One call moves it ${String(maxYears)} years at most: go there in several steps.`;
    super(`The test clock stands at ${now.toISOString()}. ${advice}`, { param: 'input.to' });
    this.code = `CLOCK_TARGET_${reason}`;
  }
}

/** The clock is on its way somewhere else; two journeys at once would have no defined order. */
export class ClockMovingError extends DomainError {
  readonly code = 'CLOCK_MOVING';
  readonly jobId: string;

  constructor(jobId: string) {
    super(
      `The test clock is already being moved to another instant by job ${jobId}. Wait until that job has finished, then ask again.`,
      { param: 'input.to' },
    );
    this.jobId = jobId;
  }
}

/** The journey ends here because something does not come to rest; what was done so far stands. */
export class TestClockStuckError extends DomainError {
  readonly code = 'TEST_CLOCK_STUCK';

  constructor(at: Date, stuck: string, afterS: number) {
    super(
      `The test clock stands at ${at.toISOString()} and cannot go on: after ${String(afterS)} seconds there is still in flight: ${stuck}. Look for what fails (inboxEvents, jobs, the log), then move the clock again.`,
    );
  }
}

/** The bytes, the header and the secrets of the endpoint do not fit together; nothing is stored. */
export class WebhookSignatureError extends DomainError {
  readonly code = 'INVALID_SIGNATURE';
  override readonly type = 'validation_error';

  constructor(internal: string) {
    super(
      'The signature does not match this payload, or it is older than five minutes. Send the raw body exactly as the provider sent it, with its signature header, and check the signing secret.',
      { internal },
    );
  }
}

export class PayloadTooLargeError extends DomainError {
  readonly code = 'PAYLOAD_TOO_LARGE';
  override readonly type = 'validation_error';

  constructor(maxBytes: number) {
    super(`A webhook body holds at most ${String(maxBytes)} bytes. No provider sends larger ones: check the sender.`);
  }
}

/** It was not stored, so the sender must send it again; every provider does. */
export class InboxUnavailableError extends DomainError {
  readonly code = 'TEMPORARILY_UNAVAILABLE';
  override readonly type = 'api_error';

  constructor(cause: unknown) {
    super('The event could not be stored just now. Send it again in a few seconds.', { cause });
  }
}
