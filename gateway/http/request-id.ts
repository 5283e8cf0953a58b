import { randomBytes } from 'node:crypto';

import type { IncomingMessage } from 'node:http';

/** The caller's own id when it is a harmless word (it goes to logs and headers), else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : newRequestId();
}

export function newRequestId(): string {
  return `req_${randomBytes(15).toString('hex').slice(0, 20)}`;
}
