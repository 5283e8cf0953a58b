/** One entry of an answer's `errors`. Act on `code`, show `message`, quote `requestId` when asking for help. */
export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: {
    readonly code?: string;
    readonly type?: string;
    readonly param?: string | null;
    readonly requestId?: string;
    /** Whole seconds after which asking again makes sense. */
    readonly retryAfter?: number | null;
    readonly requiredScope?: string | null;
    readonly cursor?: string;
  };
}

/** The request as a whole was not answered, or only in part: `data` holds what came. Refusals of a mutation are data and not this. */
export class OppulenceError extends Error {
  override readonly name = 'OppulenceError';
  readonly code: string;
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly errors: readonly GraphError[];
  readonly data: unknown;

  constructor(errors: readonly GraphError[], data: unknown = null, options?: ErrorOptions) {
    const [first] = errors;
    super(first?.message ?? 'The request failed.', options);
    this.code = first?.extensions?.code ?? 'UNKNOWN';
    this.requestId = first?.extensions?.requestId;
    this.retryAfter = first?.extensions?.retryAfter ?? undefined;
    this.errors = errors;
    this.data = data;
  }
}
