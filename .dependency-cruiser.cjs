// Which way imports point. The picture and the reasons are in ARCHITECTURE.md.

const DOMAINS = 'platform|accounts|billing|recovery|payables|analytics';
const TESTS = '(^|/)(tests|testing)/|\\.test\\.ts$|^bench/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-imports-no-domain',
      comment: 'Domains meet in the graph, through events, and through ports that cli/ fills.',
      severity: 'error',
      from: { path: `^subgraphs/(${DOMAINS})/`, pathNot: TESTS },
      to: { path: `^subgraphs/(${DOMAINS})/`, pathNot: '^subgraphs/$1/' },
    },
    {
      name: 'shared-knows-no-domain',
      comment: 'The kernel serves every domain and is changed for none.',
      severity: 'error',
      from: { path: '^subgraphs/shared/' },
      to: { path: `^subgraphs/(${DOMAINS})/` },
    },
    {
      name: 'subgraphs-stand-alone',
      comment: 'A subgraph runs in any process; what it needs from outside arrives as an argument.',
      severity: 'error',
      from: { path: '^subgraphs/', pathNot: TESTS },
      to: { path: '^(cli|gateway|workers|sandbox|clients|bench)/' },
    },
    {
      name: 'only-cli-composes',
      comment: 'Nothing but cli/ (and tests) imports workers or gateway.',
      severity: 'error',
      from: { pathNot: `^(cli|workers|gateway)/|${TESTS}` },
      to: { path: '^(workers|gateway)/' },
    },
    {
      name: 'workers-and-gateway-apart',
      comment: 'They are different processes.',
      severity: 'error',
      from: { path: '^(workers|gateway)/', pathNot: TESTS },
      to: { path: '^(workers|gateway|cli|sandbox|clients)/', pathNot: '^$1/' },
    },
    {
      name: 'domains-have-one-door',
      comment:
        'From outside, a domain is its index.ts; whoever migrates ClickHouse needs no more of it than the migrations.',
      severity: 'error',
      from: { path: '^(cli|gateway|workers|bench)/', pathNot: TESTS },
      to: {
        path: `^subgraphs/(${DOMAINS})/`,
        pathNot: `^subgraphs/(${DOMAINS})/(index|clickhouse/migrations/index)\\.ts$`,
      },
    },
    {
      name: 'gateway-knows-no-domain',
      comment: 'The gateway speaks GraphQL to subgraphs; cli/ hands it those that run in its process.',
      severity: 'error',
      from: { path: '^gateway/', pathNot: TESTS },
      to: { path: `^subgraphs/(${DOMAINS})/` },
    },
    {
      name: 'rules-are-pure',
      comment:
        'domain/ imports no database, graph, queue, clock or process: only its own folder, the kernel’s plain values, and zod or Temporal.',
      severity: 'error',
      from: { path: `^subgraphs/(${DOMAINS})/domain/`, pathNot: TESTS },
      to: {
        path: [
          '^prisma/',
          '(^|/)node_modules/(@prisma|prisma|pg|graphql|@pothos|bullmq|ioredis|@clickhouse|stripe|fastify|pino|ws)(/|$)',
          '^subgraphs/shared/(db|graphql|jobs|bus|clickhouse|inbox|effects|timers|http|config|mail|logging|audit|idempotency|testing)/',
          '^subgraphs/shared/time/clock\\.ts$',
          '^subgraphs/[^/]+/(schema|use-cases|repositories|consumers|http|stripe)/',
          '^(node:)?(fs|net|http|https|timers|child_process|worker_threads|process|dns)(/|$)',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'use-cases-know-no-graph',
      comment: 'schema -> use-cases -> domain: the graph is one of several callers.',
      severity: 'error',
      from: { path: `^subgraphs/(${DOMAINS})/(use-cases|repositories)/`, pathNot: TESTS },
      to: {
        path: [
          `^subgraphs/(${DOMAINS})/schema/`,
          '^subgraphs/shared/graphql/(?!keyset\\.ts$)', // keyset.ts is about pages, whoever asks for them.
          '(^|/)node_modules/(graphql|@pothos)(/|$)',
        ],
      },
    },
    {
      name: 'repositories-know-no-use-case',
      comment: 'use-cases -> repositories, not back.',
      severity: 'error',
      from: { path: `^subgraphs/(${DOMAINS})/repositories/`, pathNot: TESTS },
      to: { path: `^subgraphs/(${DOMAINS})/(use-cases|schema)/` },
    },
    {
      name: 'queries-live-in-repositories',
      comment:
        'Only repositories and shared/ import the Prisma client. (Its types reach the rest through the repositories.)',
      severity: 'error',
      from: { pathNot: `^subgraphs/(${DOMAINS})/repositories/|^subgraphs/shared/|^prisma/|${TESTS}` },
      to: { path: '^prisma/generated/|(^|/)node_modules/(@prisma/client|@prisma/adapter-pg)(/|$)' },
    },
    {
      name: 'clients-know-the-printed-schema',
      comment: 'A client imports nothing of the product; it is generated from schema/.',
      severity: 'error',
      from: { path: '^clients/', pathNot: TESTS },
      to: { path: '^(cli|gateway|workers|subgraphs|sandbox|prisma|bench)/' },
    },
    {
      name: 'sandbox-is-somebody-else',
      comment: 'The sandbox stands for other companies’ servers: it shares nothing with the product.',
      severity: 'error',
      from: { path: '^sandbox/', pathNot: TESTS },
      to: { path: '^(cli|gateway|workers|subgraphs|clients|prisma|bench)/' },
    },
    {
      name: 'nobody-knows-the-sandbox',
      comment: 'The product knows a base URL. cli/ starts the sandbox by its path.',
      severity: 'error',
      from: { pathNot: `^sandbox/|${TESTS}` },
      to: { path: '^sandbox/' },
    },
    {
      name: 'tests-are-not-imported',
      comment: 'What the product needs does not live among the tests.',
      severity: 'error',
      from: { pathNot: TESTS },
      // Crash points are named in the product's own code; they are live only under a test flag.
      to: { path: TESTS, pathNot: '^bench/|^subgraphs/shared/testing/crashpoint\\.ts$' },
    },
    {
      name: 'no-circles',
      comment: 'Files that import each other cannot be read one at a time. Types may.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'imports-exist',
      comment: 'An import that does not resolve hides from every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'production-needs-production',
      comment: 'What runs in production stands in dependencies.',
      severity: 'error',
      from: { path: '^(cli|gateway|workers|subgraphs|prisma|sandbox)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
