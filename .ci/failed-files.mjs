// Prints the test files that failed in a Jest run. Ends with 1 when none did: the run failed beside its tests, and again would be no better.
import { readFileSync } from 'node:fs';

const run = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const failed = run.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
console.log(failed.join(' '));
process.exit(failed.length > 0 ? 0 : 1);
