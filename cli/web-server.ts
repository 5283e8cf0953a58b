import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGateway, type Gateway, type GatewayDeps, type LandingLink } from '#gateway/server.ts';
import { onKeyRevoked } from '#subgraphs/platform/index.ts';
import { AuthenticationError } from '#subgraphs/shared/errors/errors.ts';
import type { Product } from './composition.ts';
import { doorOf } from './doors.ts';
import type { Kernel } from './kernel.ts';
import { metricsOf } from './metrics.ts';
import { createChecks } from './run/checks.ts';
import { VERSION } from './version.ts';

/** schema/ is beside the sources and beside the build alike: it is found from the package's root. */
const builtWith = fileURLToPath(
  new URL('../schema/supergraph.graphql', import.meta.url).href.replace('/dist/schema/', '/schema/'),
);

function landingLinks({ config }: Kernel): LandingLink[] {
  const isSandbox = new URL(config.stripeApiBase).origin !== 'https://api.stripe.com';
  return [
    { label: 'Playground', href: '/playground', hint: 'Explore the graph: queries, mutations and live subscriptions' },
    {
      label: 'Outbox',
      href: '/dev/outbox',
      hint: 'The mails that were sent on this machine; opens with the link of a workspace',
    },
    ...(isSandbox
      ? [{ label: 'Stripe sandbox', href: config.stripeApiBase, hint: 'What Stripe knows, and its test cards' }]
      : []),
    { label: 'Health', href: '/health/ready', hint: 'Each engine by name' },
  ];
}

/** What differs between the shapes: the way to the subgraphs, and perhaps another supergraph than the one that came with this build. */
type Elsewhere = Pick<GatewayDeps, 'subgraphs' | 'checks' | 'softChecks' | 'drainMs'> &
  Partial<Pick<GatewayDeps, 'supergraphSdl'>>;

/** The gateway with every subgraph in its own process: what `dev` and `demo` serve, and what tests talk to over HTTP. */
export async function createWebServer(kernel: Kernel, product: Product): Promise<Gateway> {
  const checks = createChecks(kernel);
  const gateway = await gatewayOver(kernel, product, {
    subgraphs: Object.fromEntries(product.subgraphs.map((subgraph) => [subgraph.name, doorOf(kernel, subgraph)])),
    checks: checks.hard,
    softChecks: checks.soft,
  });
  return {
    listen: (at) => gateway.listen(at),
    get url() {
      return gateway.url;
    },
    openSockets: () => gateway.openSockets(),
    swapSupergraph: (sdl) => gateway.swapSupergraph(sdl),
    close: async () => {
      await gateway.close();
      await checks.close();
    },
  };
}

/** The gateway before subgraphs wherever they are. It knows callers by itself, and the raw routes (webhooks, pay page) are its own. */
export async function gatewayOver(kernel: Kernel, product: Product, elsewhere: Elsewhere): Promise<Gateway> {
  return createGateway({
    supergraphSdl: readFileSync(builtWith, 'utf8'),
    authenticate: async (token) => {
      if (token === null) return { kind: 'ANONYMOUS' };
      const caller = await product.authenticate(token);
      if (!caller) throw new AuthenticationError();
      return caller;
    },
    routes: [...product.subgraphs.flatMap((subgraph) => subgraph.routes ?? []), metricsOf(kernel)],
    playground: kernel.config.playground,
    introspection: kernel.config.introspection,
    landing: landingLinks(kernel),
    revocations: { onChange: (listener) => onKeyRevoked(kernel.bus, listener) },
    log: kernel.log,
    metrics: kernel.metrics,
    version: VERSION,
    ...elsewhere,
  });
}
