import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '#subgraphs/shared/config/config.ts';
import { launchVariables, serverVariables } from '#subgraphs/shared/config/variables.ts';

interface Service {
  readonly command?: string | readonly string[];
  readonly entrypoint?: readonly string[];
  readonly build?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: unknown; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly read_only?: boolean;
  readonly security_opt?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly ports?: readonly string[];
}

const root = path.join(import.meta.dirname, '..');
const text = readFileSync(path.join(root, 'docker-compose.yml'), 'utf8');
const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, Service>> };
const all = Object.entries(services);
/** Those that run `oppulence …`. */
const ours = all.filter(([, { command }]) => Array.isArray(command) && ['run', 'migrate'].includes(String(command[0])));
const secrets = madeSecrets();

/** What `make-env.mjs` writes. */
function madeSecrets(): Readonly<Record<string, string>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'oppulence-env-'));
  const file = path.join(folder, '.env');
  const make = (): Buffer =>
    execFileSync(process.execPath, [path.join(root, 'deploy/make-env.mjs'), file], { stdio: 'pipe' });
  make();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(make).toThrow(/is there already/);
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^\w+=/.test(line));
  rmSync(folder, { recursive: true });
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
}

/** `${NAME:?what to do}` and `${NAME:-default}`, as compose replaces them. */
const filled = (value: string): string =>
  value.replace(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_all, name: string, kind?: string, rest?: string) => {
    const given = secrets[name];
    if (given !== undefined && given !== '') return given;
    if (kind === '-') return rest ?? '';
    throw new Error(`${name} is in no .env that deploy/make-env.mjs writes`);
  });

const environmentOf = (service: Service): Record<string, string> =>
  Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, filled(value)]));

describe('docker-compose.yml', () => {
  it('has every process of the product, two kinds of workers that share the lanes, and the engines', () => {
    const commands = ours.map(([, { command }]) => (command as string[]).join(' '));
    expect(commands.sort()).toEqual([
      'migrate',
      'run dispatcher',
      'run gateway',
      'run subgraph accounts',
      'run subgraph analytics',
      'run subgraph billing',
      'run subgraph platform',
      'run subgraph recovery',
      'run worker effects,jobs,clocks,ship,sync,reconcile,retention',
      'run worker inbox,consume,timers',
    ]);
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining(['postgres', 'pgbouncer', 'redis', 'clickhouse', 'mail', 's3']),
    );
  });

  it.each(ours)('%s is told what the configuration knows and needs, and nothing else', (_name, service) => {
    const known = Object.keys({ ...launchVariables, ...serverVariables });
    const environment = environmentOf(service);
    expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
    const config = loadConfig(environment);
    expect(config).toMatchObject({ mode: 'distributed', mailTransport: 'smtp' });
    expect(new URL(config.databaseUrl).hostname).toBe('pgbouncer');
    expect(new URL(config.systemDirectDatabaseUrl).hostname).toBe('postgres');
  });

  it('tells the gateway where each subgraph is', () => {
    const { subgraphUrls } = loadConfig(environmentOf(services['gateway'] ?? {}));
    const subgraphs = all.filter(([, { command }]) => Array.isArray(command) && command[1] === 'subgraph');
    expect(subgraphUrls).toEqual(Object.fromEntries(subgraphs.map(([name]) => [name, `http://${name}:4000`])));
    expect(services['gateway']?.depends_on).toMatchObject(
      Object.fromEntries(subgraphs.map(([name]) => [name, { condition: 'service_healthy' }])),
    );
  });

  it('holds no password and no default for one', () => {
    const values = all.flatMap(([, { environment }]) => Object.entries(environment ?? {}));
    const secretive = values.filter(([name]) => /PASSWORD|SECRET|MASTER_KEY|TOKEN|AUTH$/.test(name));
    expect(secretive.length).toBeGreaterThan(8);
    // Asked for by name, or empty: what an installation can do without.
    for (const [, value] of secretive) expect(value).toMatch(/^\$\{\w+:(\?[^}]+|-)\}$/);
    for (const [, value] of values.filter(([, url]) => /:\/\/[^/]*:[^/]*@/.test(url)))
      expect(value).toMatch(/:\/\/\w*:\$\{\w+:\?[^}]+\}@/);
    expect(readFileSync(path.join(root, '.gitignore'), 'utf8')).toMatch(/^\.env$/m);
  });

  it.each(all)(
    '%s writes nowhere but where it must, gains no rights, and says whether it is healthy',
    (name, service) => {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        tmpfs: expect.arrayContaining(['/tmp']),
      });
      if (name !== 'migrate') expect(service.healthcheck?.test).toBeDefined();
      for (const [of, { condition }] of Object.entries(service.depends_on ?? {}))
        expect(condition).toBe(of === 'migrate' ? 'service_completed_successfully' : 'service_healthy');
      // Published to this machine alone.
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    },
  );
});
