import { randomUUID } from 'node:crypto';

import type { IncomingMessage } from 'node:http';

/** The caller's own id when it is a harmless word (it goes to logs and headers), else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : newRequestId();
}

/** From a UUID, for which Node keeps random bytes in stock: asking for fresh ones is what costs. */
export function newRequestId(): string {
  return `req_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
}
