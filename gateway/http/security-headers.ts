import type { FastifyInstance } from 'fastify';

/** For everything that doesn't set its own: nothing may be loaded, framed, sniffed or referred. Pages relax what they need. */
const DEFAULTS = Object.entries({
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000', // browsers heed it over https alone
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});

export function addSecurityHeaders(server: FastifyInstance): void {
  server.addHook('onSend', (_request, reply, _payload, done) => {
    for (const [name, value] of DEFAULTS) {
      if (!reply.hasHeader(name)) void reply.header(name, value);
    }
    done();
  });
}
