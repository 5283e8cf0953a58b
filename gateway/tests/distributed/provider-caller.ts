import { createProviderPolicies } from '#subgraphs/shared/resilience/policies.ts';
import { ANSWERED } from '#subgraphs/shared/resilience/provider-call.ts';
import { createSharedWindows } from '#subgraphs/shared/resilience/shared-window.ts';

// A process that calls a provider for one account as often as it may: `provider-caller.ts REDIS_URL PROVIDER_URL PER_SECOND CALLS`.

const [redisUrl = '', url = '', perSecond = '', calls = ''] = process.argv.slice(2);
const windows = createSharedWindows({ redisUrl, namespace: 'rate' }, () => undefined);
const policies = createProviderPolicies({ windows });
const profile = { provider: 'STRIPE', name: 'Stripe', perSecond: () => Number(perSecond) };
const caller = {
  workspaceId: `ws_${String(process.pid)}`,
  account: 'acct_1',
  livemode: false,
  lane: 'backfill',
} as const;

await Promise.all(
  Array.from({ length: Number(calls) }, () =>
    policies.execute(profile, caller, {
      repeatable: false,
      send: async (signal) => (await fetch(`${url}/${String(process.pid)}`, { signal })).text(),
      judge: () => ANSWERED,
      judgeError: () => null,
    }),
  ),
);
windows.close();
process.exit(0);
