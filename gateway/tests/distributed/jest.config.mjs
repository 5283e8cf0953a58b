import common from '../../../jest.config.mjs';

/**
 * Every part of the product as a process of its own, on Redis and behind PgBouncer (`apt-get install redis-server pgbouncer`). The same
 * scenarios as in `npm test`, and what can happen only here. With OPPULENCE_TEST_BUILD set, the processes run what `npm run build` made.
 */
export default {
  ...common,
  rootDir: '../../..',
  globalSetup: '<rootDir>/gateway/tests/distributed/global-setup.ts',
  testMatch: [
    '<rootDir>/gateway/tests/distributed/*.distributed.ts',
    '<rootDir>/gateway/tests/scenarios/recovery-story.test.ts',
    '<rootDir>/gateway/tests/whole-schema/isolation.test.ts',
  ],
  testTimeout: 60_000,
  // Nine processes each: more files at once would only wait for each other.
  maxWorkers: 1,
};
