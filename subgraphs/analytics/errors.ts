import { DomainError } from '#subgraphs/shared/errors/errors.ts';

/** Top level only: the numbers can't be read at the moment. Everything else keeps working, and nothing is lost meanwhile. */
export class AnalyticsUnavailableError extends DomainError {
  readonly code = 'ANALYTICS_UNAVAILABLE';
  override readonly type = 'api_error';
  /** Whole seconds after which asking again makes sense. */
  readonly retryAfter = 5;

  constructor(cause: unknown) {
    super('Analytics is not available at the moment. Your data is safe; try again in a few seconds.', {
      cause,
      internal: cause instanceof Error ? cause.message : String(cause),
    });
  }
}
