#!/usr/bin/env node
// `oppulence`: runs the TypeScript sources where they are there, and the build where it was shipped alone. Everything stays in
// this process: a second one would be left behind when this one is killed.
import { existsSync } from 'node:fs';

await import('./check-node.mjs');

const source = new URL('main.ts', import.meta.url);
const built = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(source)) {
  const tsx = await import('tsx/esm/api');
  tsx.register();
  await import(source.href);
} else if (existsSync(built)) {
  await import(built.href);
} else {
  console.error(
    'Neither cli/main.ts nor dist/cli/main.js is there: the installation is incomplete. Run `npm run build`.',
  );
  process.exit(1);
}
