import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadLaunchConfig } from '#subgraphs/shared/config/config.ts';
import { readRunFile, type RunInfo } from './embedded/run-file.ts';
import { UsageError } from './usage-error.ts';

export interface Instance {
  readonly info: RunInfo;
  readonly operatorToken: string;
  /** Base64, as in the environment. */
  readonly masterKey: string;
}

/** The instance that runs on the data folder. @throws {UsageError} when there is none. */
export function runningInstance(): Instance {
  const { dataDir } = loadLaunchConfig();
  const info = readRunFile(dataDir);
  if (!info)
    throw new UsageError(
      `Nothing runs on ${dataDir}. Start it with \`npx oppulence dev\`, or point OPPULENCE_DATA_DIR at the folder of a running instance.`,
    );
  const secret = (name: string): string => readFileSync(path.join(dataDir, name), 'utf8').trim();
  return { info, operatorToken: secret('operator.token'), masterKey: secret('master.key') };
}

const keyFile = (dataDir: string): string => path.join(dataDir, 'cli-key');

/** The key of the workspace that was created last: what later commands use unless they are given another. Readable by its owner alone. */
export function rememberKey(dataDir: string, apiKey: string): void {
  writeFileSync(keyFile(dataDir), `${apiKey}\n`, { mode: 0o600 });
}

/** @throws {UsageError} when no workspace was created from this data folder. */
export function rememberedKey(dataDir: string): string {
  try {
    return readFileSync(keyFile(dataDir), 'utf8').trim();
  } catch {
    throw new UsageError(
      'Which workspace? Create one with `npx oppulence workspace create --name X`, or pass --api-key op_test_….',
    );
  }
}
