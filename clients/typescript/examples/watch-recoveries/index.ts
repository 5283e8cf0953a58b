import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createClient,
  OppulenceError,
  RecoveryEventsDocument,
  RecoverySummaryDocument,
  ViewerDocument,
} from '../../index.ts';

// Follows recoveries live and survives being stopped: the last cursor is kept in a file, so nothing is missed in between.
//   OPPULENCE_API_KEY=op_test_… npx tsx clients/typescript/examples/watch-recoveries/index.ts

const { OPPULENCE_URL: url = 'http://localhost:4000/graphql', OPPULENCE_API_KEY: apiKey } = process.env;
if (apiKey === undefined) {
  console.error(
    'Set OPPULENCE_API_KEY to a key with the scopes workspace:read, recovery:read, billing:read and analytics:read.',
  );
  process.exit(2);
}
const client = createClient({ url, apiKey });
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

try {
  const { viewer } = await client.query(ViewerDocument);
  // A cursor is bound to its workspace, so each workspace has a file of its own.
  const cursorFile = path.join(tmpdir(), `watch-recoveries-${viewer.workspace?.id ?? 'none'}`);
  const { recoverySummary } = await client.query(RecoverySummaryDocument);
  for (const { currency, casesOpened, casesRecovered, recoveredAmount } of recoverySummary?.currencies ?? []) {
    console.log(`So far: ${casesRecovered} of ${casesOpened} cases recovered, ${recoveredAmount.amount} ${currency}`);
  }
  console.log('Watching. Ctrl-C stops; start again and you miss nothing.');
  const events = client.subscribe(RecoveryEventsDocument, {}, { after: keptCursor(cursorFile), signal: stop.signal });
  for await (const { data, cursor } of events) {
    const { type, at, case: recovery, customer } = data.recoveryEvents;
    const amount = recovery ? `${recovery.amount.amount} ${recovery.amount.currency}` : '';
    console.log([at, type, customer?.name ?? '', amount].join('  '));
    if (cursor !== undefined) writeFileSync(cursorFile, cursor);
  }
} catch (error) {
  console.error(error instanceof OppulenceError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}

function keptCursor(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
