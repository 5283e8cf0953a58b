/** Lists: newest first, cursors by id, `has_more`, and only the filters a resource has. */
import { z } from 'zod';
import type { Kind, Kinds } from '../store/kinds.ts';
import type { Filter, UnitOfWork } from '../store/unit-of-work.ts';
import { invalid } from './errors.ts';
import { operation, type Operation } from './operation.ts';
import { positive, range, text } from './parameters.ts';

export const paging = {
  limit: positive.optional(),
  starting_after: text.optional(),
  ending_before: text.optional(),
};
export interface Paging {
  limit?: number | undefined;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
}
export interface Page<T> {
  object: 'list';
  url: string;
  has_more: boolean;
  data: T[];
}

export interface PageSource {
  /** SQL after FROM, with its WHERE; its values start at $1. */
  readonly from: string;
  readonly values: readonly unknown[];
}

/** A page of rows `(seq, id, body)`, in the order that Stripe would give them in. */
export async function readPage<T>(work: UnitOfWork, url: string, source: PageSource, paging: Paging): Promise<Page<T>> {
  const limit = limitOf(paging);
  const backwards = paging.ending_before !== undefined;
  const values = [...source.values];
  let bounds = '';
  if (paging.starting_after !== undefined)
    bounds += ` AND seq < ${await cursor(paging.starting_after, 'starting_after')}`;
  if (paging.ending_before !== undefined) bounds += ` AND seq > ${await cursor(paging.ending_before, 'ending_before')}`;
  const { rows } = await work.client.query<{ body: T }>(
    `SELECT body FROM ${source.from}${bounds} ORDER BY seq ${backwards ? 'ASC' : 'DESC'} LIMIT ${String(limit + 1)}`,
    values,
  );
  const data = rows.slice(0, limit).map((row) => row.body);
  return { object: 'list', url, has_more: rows.length > limit, data: backwards ? data.reverse() : data };

  async function cursor(id: string, param: string): Promise<string> {
    const table = source.from.split(' ')[0] ?? '';
    const found = await work.client.query<{ seq: string }>(
      `SELECT seq FROM ${table} WHERE account = $1 AND livemode = $2 AND id = $3`,
      [work.scope.account, work.scope.livemode, id],
    );
    const seq = found.rows[0]?.seq;
    if (seq === undefined) throw invalid(`No such object: '${id}'`, { code: 'resource_missing', param });
    values.push(seq);
    return `$${String(values.length)}`;
  }
}

function limitOf(paging: Paging): number {
  const limit = paging.limit ?? 10;
  if (limit < 1)
    throw invalid('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer',
      param: 'limit',
    });
  if (limit > 100)
    throw invalid('Invalid limit: must be between 1 and 100.', { code: 'parameter_invalid_integer', param: 'limit' });
  if (paging.starting_after !== undefined && paging.ending_before !== undefined) {
    throw invalid('You may only specify one of these parameters: ending_before, starting_after.', {
      param: 'starting_after',
    });
  }
  return limit;
}

export interface ListOptions<K extends Kind> {
  /** Which parameter filters by which field of the body. */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
  /** Filters that must be given. */
  readonly required?: readonly string[];
  readonly withCreated?: boolean;
  /** The field that must equal the path's `:id`. */
  readonly ofId?: readonly string[];
  /** More of a filter's meaning than equality: SQL with `$?` for each value, or null for nothing. */
  readonly where?: (given: Record<string, unknown>) => { sql: string; values: unknown[] } | null;
  readonly extra?: Readonly<Record<string, z.ZodType>>;
  readonly render?: (work: UnitOfWork, object: Kinds[K]) => Promise<object>;
}

/** `GET <path>` of a kind. */
export function listOperation<K extends Kind>(kind: K, path: string, options: ListOptions<K> = {}): Operation {
  const filters = options.filters ?? {};
  const shape = z.strictObject({
    ...paging,
    ...(options.withCreated === false ? {} : { created: range.optional() }),
    ...options.extra,
    ...Object.fromEntries(
      Object.keys(filters).map((name) => [name, options.required?.includes(name) ? text : text.optional()]),
    ),
  });
  return operation('GET', path, shape, async (work, input, id) => {
    const given = new Map<string, unknown>(Object.entries(input));
    const fixed = options.ofId ? [{ path: options.ofId, equals: id }] : [];
    const source = sourceOf(work, kind, [...filtersOf(filters, given), ...fixed], given.get('created'));
    const extra = options.where?.(Object.fromEntries(given));
    if (extra) {
      let place = source.values.length;
      source.from += ` AND ${extra.sql.replaceAll('$?', () => `$${String(++place)}`)}`;
      source.values.push(...extra.values);
    }
    const page = await readPage<Kinds[K]>(work, path.replace(':id', id), source, input);
    if (!options.render) return page;
    const { render } = options;
    const data: object[] = [];
    for (const object of page.data) data.push(await render(work, object));
    return { ...page, data };
  });
}

function filtersOf(
  filters: Readonly<Record<string, readonly string[]>>,
  given: ReadonlyMap<string, unknown>,
): Filter[] {
  return Object.entries(filters).flatMap(([name, path]) => {
    const value = given.get(name);
    return typeof value === 'string' ? [{ path, equals: value }] : [];
  });
}

function sourceOf(
  work: UnitOfWork,
  kind: Kind,
  filters: readonly Filter[],
  created: unknown,
): { from: string; values: unknown[] } {
  const values: unknown[] = [work.scope.account, work.scope.livemode, kind];
  let from = 'objects WHERE account = $1 AND livemode = $2 AND kind = $3 AND NOT deleted';
  for (const filter of filters) {
    values.push(filter.equals);
    // the customer has an index of its own
    from +=
      filter.path.join('.') === 'customer'
        ? ` AND body ->> 'customer' = $${String(values.length)}`
        : ` AND body #>> '{${filter.path.join(',')}}' = $${String(values.length)}`;
  }
  return { from: from + createdBounds(created, values), values };
}

const OPERATORS: Record<string, string> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** SQL for `created[gte]=…`; adds its values. */
export function createdBounds(created: unknown, values: unknown[]): string {
  if (typeof created !== 'object' || created === null) return '';
  return Object.entries(created)
    .map(([name, at]) => {
      if (at === undefined) return '';
      values.push(at);
      return ` AND created ${OPERATORS[name] ?? '='} $${String(values.length)}`;
    })
    .join('');
}
