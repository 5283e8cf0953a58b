import { z } from 'zod';
import { workspaceQuery } from '#subgraphs/shared/clickhouse/workspace-query.ts';

const Whole = z.string().transform(BigInt);

/**
 * What the current objects, or those of one kind, add up to, per kind, day of creation and currency, each in its newest version. The fingerprint is the one that PostgreSQL
 * computes: 60 bits of MD5, read as a big-endian number.
 */
export const mirrorFigures = workspaceQuery(
  'mirror-figures',
  `SELECT kind, toString(toDate(created_at, 'UTC')) AS day, currency, toString(count()) AS objects,
     toString(sum(toInt128(ifNull(amount_minor, 0)))) AS amount,
     toString(sum(toInt128(reinterpretAsInt64(reverse(unhex(concat('0', substring(hex(MD5(concat(
       object_id, '|', if(deleted, '1', '0'), '|', status, '|', ifNull(toString(amount_minor), ''), '|', customer_id))), 1, 15)))))))) AS fingerprint
   FROM workspace_mirror(workspace_id = {workspace_id:String})
   WHERE {kind:String} IN ('', kind)
   GROUP BY kind, day, currency`,
  z.object({
    kind: z.string(),
    day: z.string(),
    currency: z.string(),
    objects: Whole,
    amount: Whole,
    fingerprint: Whole,
  }),
);
