import { addresses } from '../addresses.ts';
import { runInstance } from './run-instance.ts';

/** Starts everything and stays up. */
export async function dev(): Promise<void> {
  console.log('Starting Oppulence');
  await runInstance((instance) => {
    console.log('');
    for (const [name, url] of Object.entries(addresses(instance.info)))
      if (!url.startsWith('postgres')) console.log(`  ${name.padEnd(14)} ${url}`);
    console.log(
      '\nNext: npx oppulence workspace create --name Acme && npx oppulence connection create stripe. Ctrl-C stops everything.',
    );
    return Promise.resolve('STAY');
  });
}
