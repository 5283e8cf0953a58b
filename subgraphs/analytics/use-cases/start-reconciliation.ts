import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import { reconcileJob } from '../jobs.ts';

/**
 * Starts a comparison of ClickHouse with PostgreSQL, of all objects or of one kind alone; its job is the answer. While one of the same is under
 * way, that one is.
 * @throws {ValidationError} for a kind that is none of `kinds`: those that can be compared alone.
 */
export async function startReconciliation(
  ctx: UseCaseContext,
  { kind = null, kinds = [] }: { readonly kind?: string | null | undefined; readonly kinds?: readonly string[] } = {},
): Promise<{ readonly jobId: string }> {
  return ctx.transaction(async (tx) => {
    if (kind !== null && !kinds.includes(kind))
      throw new ValidationError(
        `There is no kind "${kind.slice(0, 60)}" to compare. Use Stripe’s word for it, such as invoice, or recovery_case, or leave it out.`,
        'input.kind',
      );
    const { type, id } = ctx.actor;
    const { jobId, created } = await tx.enqueueJob(
      reconcileJob,
      { askedBy: { type, id }, kind },
      { uniqueKey: kind ?? 'mirror' },
    );
    if (created) tx.changed(jobId);
    return { jobId };
  });
}
