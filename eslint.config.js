import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const envMessage = 'process.env is read once, in subgraphs/shared/config, and passed on as a typed value.';

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'dist/',
      'coverage/',
      '.oppulence*/',
      'prisma/generated/',
      'clients/typescript/generated/',
      'sandbox/**/public/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Declarations say what they return; an expression's type is given by where it stands.
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      // Pothos takes plugins by declaration merging; namespaces with code stay forbidden (erasableSyntaxOnly).
      '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-nullish-coalescing': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // tsconfig's noPropertyAccessFromIndexSignature is off, and `env['NAME']` says that the name is data.
      '@typescript-eslint/dot-notation': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: envMessage }],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'process', message: envMessage },
            { name: 'node:process', message: envMessage },
          ],
        },
      ],
    },
  },
  {
    // Where the configuration is read, or handed to another process, and what has no other way to be told its surroundings.
    files: [
      'subgraphs/shared/config/**',
      'subgraphs/shared/testing/**',
      'gateway/telemetry-off.ts',
      'cli/**',
      'bench/**',
      'sandbox/main.ts',
      'clients/**/examples/**',
      '**/tests/**',
      '**/*.test.ts',
      '*.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // Programs: what they print is their result.
    files: ['cli/**', 'bench/**', 'prisma/*.ts', 'clients/**', 'sandbox/main.ts', '**/tests/**', '**/*.test.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/tests/**/*.ts', '**/*.test.ts'],
    rules: {
      // A test's rows come from the real engines as they are; `!` after an assertion on length says no more than that.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        module: 'writable',
        setTimeout: 'readonly',
        fetch: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
);
