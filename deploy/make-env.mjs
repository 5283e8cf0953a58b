#!/usr/bin/env node
// Writes .env beside docker-compose.yml: every password and key that the services need, each made here and now, readable by you alone.
// It never overwrites: without its master key what is encrypted in the database is lost.
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const file = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..', '.env'));
if (existsSync(file)) {
  console.error(
    `${file} is there already and is left as it is. Its master key is what opens the encrypted data: keep a copy of it.`,
  );
  process.exit(1);
}

const password = () => randomBytes(24).toString('hex');
const lines = [
  '# Secrets of this installation. Not in git; keep a copy of OPPULENCE_MASTER_KEY somewhere safe.',
  `OPPULENCE_MASTER_KEY=${randomBytes(32).toString('base64url')}`,
  `OPPULENCE_OPERATOR_TOKEN=${password()}`,
  `POSTGRES_PASSWORD=${password()}`,
  `APP_DATABASE_PASSWORD=${password()}`,
  `SYSTEM_DATABASE_PASSWORD=${password()}`,
  `CLICKHOUSE_PASSWORD=${password()}`,
  `REDIS_PASSWORD=${password()}`,
  `S3_SECRET_KEY=${password()}`,
  '',
  '# How browsers reach the gateway, and the port it is published on (this machine only; put a proxy with TLS before it).',
  'PUBLIC_URL=http://localhost:4000',
  'GATEWAY_PORT=4000',
  '',
  '# Where mail goes: the mail sink of docker-compose.yml, until a real server stands here (smtp://user:password@host:587).',
  'SMTP_URL=smtp://mail:1025',
  'MAIL_FROM=billing@example.com',
  '',
  '# Stripe. With `docker-compose --profile sandbox up` a sandbox that speaks its protocol: http://sandbox:4010',
  'STRIPE_API_BASE=https://api.stripe.com',
  '# Your own Stripe account as a Connect platform (README.md): _KEY, _CLIENT_ID and _WEBHOOK_SECRETS of a mode, or none of them.',
  '# STRIPE_CONNECT_TEST_KEY=',
  '# STRIPE_CONNECT_TEST_CLIENT_ID=',
  '# STRIPE_CONNECT_TEST_WEBHOOK_SECRETS=',
  '',
];
writeFileSync(file, lines.join('\n'), { mode: 0o600, flag: 'wx' });
console.log(`Written: ${file}. Next: docker-compose up`);
