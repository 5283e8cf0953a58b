/** What gateway and subgraph add to graphql-transport-ws between themselves. */

/** The first `next` of a stream: its source is open. Only then can a gateway tell a refusal from trouble, and answer its client. */
export const OPENED = { extensions: { opened: true } } as const;

/**
 * How many answers may be under way on one stream. All streams share a socket, whose own back pressure would stop them all. Few, because
 * what is under way to a reader that fell behind is sent in vain: it starts again after what it has read.
 */
export const STREAM_WINDOW = 32;

/** The gateway tells what it has taken in portions of this size. */
export const TAKEN_AT_ONCE = 8;

/** What a `ping` of the gateway carries, by the id of the stream. */
export interface PingPayload {
  /** Contexts signed anew (`renewalBody`): their callers may still see these streams. */
  readonly contexts?: Readonly<Record<string, string>>;
  /** How many more answers were taken. */
  readonly taken?: Readonly<Record<string, number>>;
}

export function isOpening(result: object): boolean {
  const { extensions } = result as { extensions?: { opened?: unknown } };
  return extensions?.opened === true;
}
