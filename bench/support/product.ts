import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { prepareEngines } from '#cli/prepare-engines.ts';
import { startEmbedded, type Embedded } from '#cli/embedded/supervisor.ts';
import { ROOT } from './root.ts';
import type { Cleanup } from './scratch.ts';

/** The build, made new: what is measured is what is shipped. */
export function build(): void {
  const { status } = spawnSync('npm', ['run', 'build', '--silent'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('The build failed.');
}

/** A program of a measurement, built as the product is. @returns the file to run. */
export function bundled(file: string): string {
  const outdir = path.join(ROOT, 'node_modules/.cache/oppulence/bench');
  execFileSync(process.execPath, ['deploy/build.mjs', outdir, file], { cwd: ROOT, stdio: 'inherit' });
  return path.join(outdir, file.replace(/\.\w+$/, '.js'));
}

export const built = (file: string): string => path.join(ROOT, 'dist', file);

/** The built web and worker processes on engines and a data folder of their own, under the product's supervisor. */
export async function startBuilt(
  options: {
    readonly dataDir: string;
    readonly stripeApiBase?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** When processes are killed on purpose, that they end and come back is no news. */
    readonly quiet?: boolean;
  },
  cleanup: Cleanup,
): Promise<Embedded> {
  const { stripeApiBase } = options;
  const instance = await startEmbedded({
    dataDir: options.dataDir,
    port: 0,
    modules: {
      web: built('cli/embedded/web.js'),
      worker: built('cli/embedded/worker.js'),
      ...(stripeApiBase === undefined ? { sandbox: built('sandbox/main.js') } : {}),
    },
    env: {
      LOG_LEVEL: 'warn',
      ...(stripeApiBase === undefined ? {} : { STRIPE_API_BASE: stripeApiBase }),
      ...options.env,
    },
    prepare: async (environment) => prepareEngines(await environment),
    onNotice: (notice) => {
      if (options.quiet !== true) console.error(`  ! ${notice}`);
    },
  });
  cleanup.add(() => instance.stop());
  return instance;
}
