import type { Tx } from '#subgraphs/shared/db/context.ts';
import type { MirrorKind } from '../../domain/kinds.ts';
import type { Page } from '../../stripe/list-objects.ts';
import { applyEvidence } from '../apply-evidence.ts';
import { sightingOf, type Step } from '../fold-sightings.ts';
import { spanReader } from './page-span.ts';
import type { Reading } from './read-account.ts';

/** Takes pages as reads of what is on them. @returns what each object's sighting did. */
export async function applyPages(
  { ctx, connectionId, credential, clocks }: Pick<Reading, 'ctx' | 'connectionId' | 'credential' | 'clocks'>,
  tx: Tx,
  kind: MirrorKind,
  pages: readonly Page[],
): Promise<readonly Step[]> {
  const { account, livemode } = credential;
  const source = { connectionId, account, livemode, origin: 'BACKFILL' } as const;
  const owner = { workspaceId: ctx.workspaceId, account };
  const steps: Step[] = [];
  for (const page of pages) {
    const spanOf = await spanReader(ctx, tx, owner, clocks, page.objects, page.span);
    const sightings = page.objects.flatMap((content) => {
      const stripeId = content['id'];
      if (typeof stripeId !== 'string') return [];
      const evidence = { source: 'READ', ...spanOf(content), content, causal: false } as const;
      return [sightingOf(ctx.workspaceId, { kind, stripeId, source, evidence })];
    });
    steps.push(...(await applyEvidence(ctx, tx, sightings)));
  }
  return steps;
}
