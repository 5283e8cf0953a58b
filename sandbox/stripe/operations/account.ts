import { z } from 'zod';
import { operation, type Operation } from '../http/operation.ts';
import { buildAccount } from '../objects/others.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

export async function accountObject(work: UnitOfWork): Promise<object> {
  const { account: id } = work.scope;
  const { rows } = await work.client.query<{ name: string; created: string }>(
    'SELECT name, created FROM accounts WHERE id = $1',
    [id],
  );
  return buildAccount(id, rows[0]?.name ?? '', Number(rows[0]?.created ?? 0));
}

export const accounts: readonly Operation[] = [operation('GET', '/v1/account', z.strictObject({}), accountObject)];
