import { addresses } from '../addresses.ts';
import { tellStory } from '../demo/story.ts';
import { runInstance } from './run-instance.ts';

/** Starts everything, recovers a failed payment before the reader's eyes, and stays up; with `once` it ends after the story. */
export async function demo(options: { once: boolean }): Promise<void> {
  console.log('Starting Oppulence: real PostgreSQL, ClickHouse, queue and a Stripe sandbox, all on this machine\n');
  await runInstance(async (instance) => {
    const ended = await tellStory(
      instance.info,
      instance.env['OPPULENCE_OPERATOR_TOKEN'] ?? '',
      instance.env['OPPULENCE_MASTER_KEY'] ?? '',
    );
    if (options.once) return 'END';
    const urls = addresses(instance.info);
    console.log(`\nIt stays up for you to explore:\n`);
    for (const [name, url] of [
      ['Playground', urls['playground']],
      ['Outbox', ended.outboxUrl],
      ['Sandbox', urls['sandbox']],
      ['API key', ended.apiKey],
    ]) {
      console.log(`  ${(name ?? '').padEnd(12)} ${url ?? ''}`);
    }
    console.log('\nCtrl-C stops everything; the data stays for the next run.');
    return 'STAY';
  });
}
