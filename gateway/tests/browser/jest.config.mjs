import common from '../../../jest.config.mjs';

/** The walk starts a whole instance of its own, as `oppulence dev` does, so it needs none of the engines that the tests share. */
export default {
  ...common,
  rootDir: '../../..',
  globalSetup: undefined,
  globalTeardown: undefined,
  testMatch: ['<rootDir>/gateway/tests/browser/*.browser.ts'],
  testTimeout: 60_000,
  maxWorkers: 1,
};
