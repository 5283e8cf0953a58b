import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './root.ts';

/**
 * The drivers and the pinned peers of a comparison, which are kept outside of this repository: `--tools DIR`, OPPULENCE_BENCH_TOOLS, or
 * ../shared/bench beside the checkout. Ends the process, saying so, when they are not there.
 */
export function benchTools(comparison: string, given: string | undefined): string {
  const place = given ?? process.env['OPPULENCE_BENCH_TOOLS'] ?? path.join(ROOT, '../shared/bench');
  const folder = path.resolve(place, comparison);
  if (existsSync(path.join(folder, 'README.md'))) return folder;
  console.error(
    `This measurement compares with others, and its drivers are not part of this repository: ${folder} is not there.\nGive the folder that holds ${comparison}/ with --tools DIR or OPPULENCE_BENCH_TOOLS.`,
  );
  process.exit(2);
}
