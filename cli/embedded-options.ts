import { fileURLToPath } from 'node:url';
import { loadLaunchConfig } from '#subgraphs/shared/config/config.ts';
import type { EmbeddedOptions } from './embedded/supervisor.ts';

// Built files lie beside each other as the sources do, so the child's ending is this file's own.
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const module = (path: string): string => fileURLToPath(new URL(`${path}.${extension}`, import.meta.url));

/** The whole product on this machine: what `dev` and `demo` start. */
export function embeddedOptions(hooks: Pick<EmbeddedOptions, 'onProgress' | 'onNotice'>): EmbeddedOptions {
  const config = loadLaunchConfig();
  return {
    dataDir: config.dataDir,
    port: config.port,
    host: config.host,
    modules: { web: module('./embedded/web'), worker: module('./embedded/worker'), sandbox: module('../sandbox/main') },
    env: passedOn(),
    prepare: async (environment) => {
      const { prepareEngines } = await import('./prepare-engines.ts');
      await prepareEngines(await environment);
    },
    ...hooks,
  };
}

/** Settings of the caller's that the children read too. */
function passedOn(): Record<string, string> {
  const names = [
    'PUBLIC_URL',
    'LOG_LEVEL',
    'STRIPE_API_BASE',
    ...['LIVE', 'TEST'].flatMap((mode) =>
      ['KEY', 'CLIENT_ID', 'WEBHOOK_SECRETS'].map((part) => `STRIPE_CONNECT_${mode}_${part}`),
    ),
    'REDIS_URL',
    'METRICS_TOKEN',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_HEADERS',
    'QUEUE_NAMESPACE',
    'MAIL_TRANSPORT',
    'SMTP_URL',
    'MAIL_FROM',
    'INBOX_RETENTION_DAYS',
    'INBOX_KEY_RETENTION_DAYS',
    'EVENT_LOG_RETENTION_DAYS',
    'TIMER_RETENTION_DAYS',
    'OPPULENCE_EFFECT_LEASE_MS',
    'OPPULENCE_TEST_CRASHPOINTS',
    'OPPULENCE_CRASHPOINT',
  ];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
