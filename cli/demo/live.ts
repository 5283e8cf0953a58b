import { socketTo, streamError } from './socket.ts';

const WATCH = `subscription WatchRecoveries($after: String) {
  recoveryEvents(after: $after) {
    cursor
    type
    at
    case { id state }
    customer { name }
    invoice { number amountRemaining { amount currency } }
    message { kind recipient }
    attempt { state declineCode }
  }
}`;

export interface LiveEvent {
  readonly cursor: string;
  readonly type: string;
  readonly at: string;
  readonly case: { readonly id: string; readonly state: string } | null;
  readonly customer: { readonly name: string | null } | null;
  readonly invoice: {
    readonly number: string | null;
    readonly amountRemaining: { readonly amount: string; readonly currency: string };
  } | null;
  readonly message: { readonly kind: string; readonly recipient: string } | null;
  readonly attempt: { readonly state: string; readonly declineCode: string | null } | null;
}

/** A dashboard's socket: sees each step as it happens and can wait for one. */
export interface LiveView {
  readonly seen: readonly LiveEvent[];
  /** Resolves with the first event of this type, seen already or to come. @throws after `timeoutMs`. */
  until(type: string, timeoutMs: number): Promise<LiveEvent>;
  close(): Promise<void>;
}

export function watchRecoveries(
  subscriptionsUrl: string,
  apiKey: string,
  onEvent: (event: LiveEvent) => void,
  after: string | null = null,
): LiveView {
  const client = socketTo(subscriptionsUrl, apiKey);
  const seen: LiveEvent[] = [];
  let failure: unknown;
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  const leave = client.subscribe<{ recoveryEvents: LiveEvent }>(
    {
      query: WATCH,
      // Read again at each reconnection, so that the stream goes on where it broke off.
      get variables() {
        return { after: seen.at(-1)?.cursor ?? after };
      },
    },
    {
      next: ({ data, errors }) => {
        if (errors) failure = new Error(errors.map((error) => error.message).join('; '));
        if (data) {
          seen.push(data.recoveryEvents);
          onEvent(data.recoveryEvents);
        }
        look();
      },
      error: (error) => {
        failure = streamError(error);
        look();
      },
      complete: () => undefined,
    },
  );
  return {
    seen,
    until: (type, timeoutMs) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = seen.find((event) => event.type === type);
          if (!found && failure === undefined) return;
          clearTimeout(timer);
          waiting.delete(check);
          if (found) resolve(found);
          else reject(failure instanceof Error ? failure : new Error('The subscription broke off'));
        };
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(
            new Error(
              `No ${type} within ${String(timeoutMs / 1000)} s. Seen: ${seen.map((event) => event.type).join(', ') || 'nothing'}`,
            ),
          );
        }, timeoutMs);
        waiting.add(check);
        check();
      }),
    close: async () => {
      leave();
      await client.dispose();
    },
  };
}
