import common from '../../jest.config.mjs';

/** Twelve runs in which processes are killed while Stripe sends: longer than belongs into `npm test`. With OPPULENCE_TEST_BUILD set, of the build. */
export default {
  ...common,
  rootDir: '../..',
  testMatch: ['<rootDir>/bench/sync-matrix/*.kills.ts'],
  maxWorkers: 1,
};
