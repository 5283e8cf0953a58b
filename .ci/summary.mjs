// Counts what a run of .ci/run came to: each test of the Jest runs, and each other part as one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const [folder, status] = process.argv.slice(2);
let passed = 0;
let failed = 0;
const skipped = [];

for (const file of readdirSync(folder).filter((name) => /\.(passed|failed)$/.test(name))) {
  const name = file.replace(/\.\w+$/, '');
  const report = path.join(folder, `${name}.json`);
  const partFailed = file.endsWith('.failed');
  if (!existsSync(report)) {
    if (partFailed) failed += 1;
    else passed += 1;
    continue;
  }
  const run = JSON.parse(readFileSync(report, 'utf8'));
  const broken = run.numFailedTests + run.numRuntimeErrorTestSuites;
  passed += run.numPassedTests;
  // A run may fail beside its tests, when its engines don't start for example.
  failed += partFailed ? Math.max(1, broken) : broken;
  for (const suite of run.testResults) {
    for (const test of suite.assertionResults)
      if (test.status !== 'passed' && test.status !== 'failed') skipped.push(test.fullName);
  }
}

for (const name of skipped) console.log(`skipped: ${name}`);
// The specifications beside the repository are there: nothing has a reason to be left out.
if (skipped.length > 0 && existsSync('../shared/provider-specs')) failed += skipped.length;
// A run that was broken off never says that nothing failed.
if (status !== '0' && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
