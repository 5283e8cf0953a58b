// Generates the Prisma client (prisma/generated, not committed).
//
// The Prisma command line asks for a schema engine binary even for `generate`, which never runs it, and would try to
// download one. Any existing executable satisfies it, so it is given Node itself: installing works without that download.
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/**
 * The query compiler is a program of 3 MB that the client brings as text, for bundlers that know nothing else: that text, and the source which
 * it is part of, would stay in memory as long as the process lives. Here it becomes a file beside the client, and is read from there.
 */
async function compilerAsFile(client) {
  const source = readFileSync(client, 'utf8');
  const AS_TEXT = /const \{ wasm \} = await import\("(.+)"\)\s+return await decodeBase64AsWasm\(wasm\)/;
  const [found, text] = AS_TEXT.exec(source) ?? [];
  if (found === undefined) throw new Error(`${client} does not load its query compiler as it used to.`);
  const { wasm } = await import(text);
  writeFileSync(path.join(path.dirname(client), 'query-compiler.wasm'), Buffer.from(wasm, 'base64'));
  const fromFile = `const { readFileSync } = await import('node:fs')
    return new WebAssembly.Module(readFileSync(new URL('query-compiler.wasm', import.meta.url)))`;
  writeFileSync(client, source.replace(found, fromFile));
}

function prismaCli() {
  try {
    return path.join(path.dirname(require.resolve('prisma/package.json')), 'build', 'index.js');
  } catch {
    return null;
  }
}

const cli = prismaCli();
if (cli === null) {
  // `npm ci --omit=dev` runs the prepare script too; an image built that way brings the generated client with it.
  console.warn('prisma is not installed: the Prisma client was not generated.');
  process.exit(0);
}
const result = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
  cwd: path.dirname(import.meta.dirname),
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  },
  encoding: 'utf8',
});
if (result.status !== 0) {
  process.stderr.write(`${result.stdout}${result.stderr}`);
  console.error(
    'The Prisma client could not be generated from prisma/schema. Correct the schema and run `npm run generate`.',
  );
  process.exit(result.status ?? 1);
}
await compilerAsFile(path.join(import.meta.dirname, 'generated/client/internal/class.ts'));
