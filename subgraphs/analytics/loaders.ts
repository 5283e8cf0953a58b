import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { Money } from '#subgraphs/shared/money/money.ts';
import { recoveredAmountsOf } from './repositories/recovery-cases.ts';
import { answer } from './use-cases/answer.ts';

/** What was won back from each of these customers, one amount per currency; a customer without any has an empty list. */
export async function recoveredAmountsByCustomer(
  ctx: Pick<UseCaseContext, 'workspaceId'>,
  clickhouse: ClickHouse,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Money[]>> {
  const amounts = await answer(async () => recoveredAmountsOf(clickhouse, ctx.workspaceId, customerIds));
  return new Map(customerIds.map((id) => [id, amounts.get(id) ?? []]));
}
