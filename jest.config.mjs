// As the image runs. What libraries check besides in development costs the suite some 7 %, most of it in graphql-js.
process.env.NODE_ENV = 'production';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'nodenext' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/subgraphs/shared/testing/global-setup.ts',
  globalTeardown: '<rootDir>/subgraphs/shared/testing/global-teardown.ts',
  // Jest keeps every ESM module registry of a worker alive (about 37 MB per file that loads a subgraph), so workers are
  // replaced when they grow. A new one has to read and compile Jest itself first, so this is not done too often. The limit acts on workers
  // only: don't run the whole suite in band.
  workerIdleMemoryLimit: '1GB',
  maxWorkers: 2,
  testTimeout: 20_000,
  coverageProvider: 'v8',
};
