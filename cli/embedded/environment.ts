import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { readOrCreate } from './guarded-files.ts';
import type { Chdb } from './chdb.ts';
import type { Child } from './children.ts';
import type { Postgres } from './postgres.ts';

export const CLICKHOUSE_DATABASE = 'oppulence';

interface EnvironmentOptions {
  readonly dataDir: string;
  readonly host?: string;
  readonly publicUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What web and worker are told: the names that shared/config reads. */
export function environment(
  options: EnvironmentOptions,
  port: number,
  postgres: Postgres,
  chdb: Chdb,
  sandbox: Child | null,
): Record<string, string> {
  return {
    OPPULENCE_MODE: 'embedded',
    OPPULENCE_DATA_DIR: path.resolve(options.dataDir),
    PORT: String(port),
    HOST: options.host ?? '127.0.0.1',
    PUBLIC_URL: options.publicUrl ?? `http://localhost:${port}`,
    DATABASE_URL: postgres.appUrl,
    SYSTEM_DATABASE_URL: postgres.systemUrl,
    ADMIN_DATABASE_URL: postgres.adminUrl,
    QUEUE_DATABASE_URL: postgres.queueUrl,
    CLICKHOUSE_URL: chdb.url,
    CLICKHOUSE_DATABASE,
    OPPULENCE_MASTER_KEY: secretFile(options.dataDir, 'master.key', () => randomBytes(32).toString('base64')),
    OPPULENCE_OPERATOR_TOKEN: secretFile(options.dataDir, 'operator.token', () =>
      randomBytes(32).toString('base64url'),
    ),
    ...(sandbox === null ? {} : { STRIPE_API_BASE: sandboxUrl(sandbox) }),
    ...options.env,
  };
}

function secretFile(dataDir: string, name: string, create: () => string): string {
  return readOrCreate(path.join(dataDir, name), () => `${create()}\n`).trim();
}

export function sandboxUrl({ ready }: Child): string {
  return String(ready['url'] ?? `http://127.0.0.1:${ready['port'] ?? 0}`);
}
