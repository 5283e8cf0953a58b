import { runningInstance } from '../instance.ts';
import { addresses } from '../addresses.ts';

/** Every address of the running instance, the databases' included: readable by whoever may read the data folder. */
export function info(options: { json: boolean }): void {
  const { info: run } = runningInstance();
  if (options.json) {
    console.log(JSON.stringify({ ...run, urls: addresses(run) }, null, 2));
    return;
  }
  for (const [name, url] of Object.entries(addresses(run))) console.log(`${name.padEnd(14)} ${url}`);
}
