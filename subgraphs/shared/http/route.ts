/**
 * Plain HTTP beside the graph (webhooks, the pay page). A domain lists its routes; the gateway mounts them, in process or by proxy.
 * Framework-free, so that a route is tested by calling it.
 */
export interface HttpRoute {
  readonly method: 'GET' | 'POST';
  /** Named parts begin with a colon: `/pay/:token`. */
  readonly path: string;
  /** A longer body is answered 413 before it is read to its end. */
  readonly maxBytes: number;
  handle(req: HttpRequest): Promise<HttpResponse>;
}

export interface HttpRequest {
  readonly params: Record<string, string>;
  readonly query: URLSearchParams;
  /** Names in lower case; a header that came several times is joined with `, `. */
  readonly headers: Record<string, string | undefined>;
  /** The bytes as they came: signatures are made over these. Empty for GET. */
  readonly body: Buffer;
  readonly ip: string;
  /** Path and query, as asked for. */
  readonly url: string;
  readonly requestId: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: string | Buffer;
}
