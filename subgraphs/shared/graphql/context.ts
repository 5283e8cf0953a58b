import DataLoader from 'dataloader';
import type { UseCaseContext, WorkspaceMode } from '../db/context.ts';
import type { EventLog } from '../events/log.ts';

/** Who calls, as the gateway found out. A request acts in exactly one workspace, the key's. */
export type Caller =
  | { readonly kind: 'ANONYMOUS' }
  | { readonly kind: 'OPERATOR'; readonly id: string }
  | {
      readonly kind: 'API_KEY';
      readonly keyId: string;
      readonly workspaceId: string;
      readonly mode: WorkspaceMode;
      readonly scopes: readonly string[];
    };

/** What resolvers of one request share. */
export interface GraphContext {
  readonly caller: Caller;
  readonly requestId: string;
  readonly useCases: UseCaseContext;
  readonly events: EventLog;
  readonly idempotencyKey: string | undefined;
  /** A loader of this request by name: what fields ask for one by one is read at once. Rows that are absent or foreign load as null. */
  loader<V>(
    name: string,
    load: (ids: readonly string[]) => Promise<ReadonlyMap<string, V>>,
  ): DataLoader<string, V | null>;
}

/** Loaders live as long as the request; a subscription makes new ones for every event. */
export function createLoaders(): GraphContext['loader'] {
  const loaders = new Map<string, DataLoader<string, unknown>>();
  return <V>(
    name: string,
    load: (ids: readonly string[]) => Promise<ReadonlyMap<string, V>>,
  ): DataLoader<string, V | null> => {
    const existing = loaders.get(name);
    if (existing) return existing as DataLoader<string, V | null>;
    const loader = new DataLoader<string, V | null>(async (ids) => {
      const found = await load(ids);
      return ids.map((id) => found.get(id) ?? null);
    });
    loaders.set(name, loader);
    return loader;
  };
}
