// Counts what a run of .ci/run came to: each test of the Jest runs, and each other part as one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const [folder, status] = process.argv.slice(2);
let passed = 0;
let failed = 0;
const skipped = [];
const unsteady = [];

const read = (file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
const testsOf = (run) => run.testResults.flatMap((suite) => suite.assertionResults);
const brokenOf = (run) => run.numFailedTests + run.numRuntimeErrorTestSuites;

for (const file of readdirSync(folder).filter((name) => /\.(passed|failed)$/.test(name))) {
  const name = file.replace(/\.\w+$/, '');
  const partFailed = file.endsWith('.failed');
  if (!existsSync(path.join(folder, `${name}.json`))) {
    if (partFailed) failed += 1;
    else passed += 1;
    continue;
  }
  const run = read(`${name}.json`);
  const again = existsSync(path.join(folder, `${name}.again.json`)) ? read(`${name}.again.json`) : null;
  const broken = brokenOf(again ?? run);
  passed += run.numPassedTests;
  if (again) {
    // Of the files that were run again, the second run counts.
    const files = new Set(again.testResults.map((suite) => suite.name));
    const before = run.testResults.filter((suite) => files.has(suite.name));
    passed += again.numPassedTests - testsOf({ testResults: before }).filter((test) => test.status === 'passed').length;
    for (const suite of before) {
      const names = suite.assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
      unsteady.push(...(names.length > 0 ? names : [suite.name]));
    }
  }
  // A run may fail beside its tests, when its engines don't start for example.
  failed += partFailed ? Math.max(1, broken) : broken;
  for (const test of testsOf(run))
    if (test.status !== 'passed' && test.status !== 'failed') skipped.push(test.fullName);
}

for (const name of unsteady) console.log(`failed at first: ${name}`);
for (const name of skipped) console.log(`skipped: ${name}`);
// The specifications beside the repository are there: nothing has a reason to be left out, and what is left out fails.
if (skipped.length > 0 && existsSync('../shared/provider-specs')) {
  console.log(`${skipped.length} left out though everything is there that they need`);
  failed += skipped.length;
}
// A run that was broken off never says that nothing failed.
if (status !== '0' && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
