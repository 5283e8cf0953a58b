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
  // replaced when they grow. The limit acts on workers only: don't run the whole suite in band.
  workerIdleMemoryLimit: '300MB',
  maxWorkers: 2,
  testTimeout: 20_000,
  coverageProvider: 'v8',
};
