import {
  type DefaultConnectionArguments,
  resolveCursorConnection,
  type ResolveCursorConnectionArgs,
} from '@pothos/plugin-relay';
import { ValidationError } from '../errors/errors.ts';

const DEFAULT_SIZE = 50;
const MAX_SIZE = 500;
/** totalCount is exact up to here and stops counting there. */
export const COUNTED_TO = 10_000;

/** Where a page begins: the sort value of the row before it and, between equals, its id. */
export interface Keyset {
  readonly at: Date;
  readonly id: string;
}

export interface KeysetPage {
  /** Rows wanted, one more than are shown. */
  readonly limit: number;
  /** Rows that come after this one in the list's order (or, inverted, before it). */
  readonly from: Keyset | undefined;
  readonly until: Keyset | undefined;
  /** Read from the end of the list. */
  readonly inverted: boolean;
}

const encode = (key: Keyset): string => Buffer.from(`${String(key.at.getTime())}:${key.id}`).toString('base64url');

function decode(cursor: string | undefined, param: 'after' | 'before'): Keyset | undefined {
  if (cursor === undefined) return undefined;
  const [, ms, id] = /^(-?\d{1,16}):([\w-]+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  const at = new Date(Number(ms));
  if (id === undefined || Number.isNaN(at.getTime())) {
    throw new ValidationError(
      'This cursor is not one of this list. Pass a cursor that `pageInfo` or an edge carried.',
      param,
    );
  }
  return { at, id };
}

/**
 * A Relay connection over rows ordered by an instant and an id, newest first: rows that arrive meanwhile move no page.
 * @throws {ValidationError} for `first` or `last` outside of 1 to 500, or a cursor of elsewhere.
 */
export async function keysetConnection<Row extends object>(
  args: DefaultConnectionArguments,
  list: { key(row: Row): Keyset; page(page: KeysetPage): Promise<Row[]>; count(): Promise<number> },
): Promise<Connection<Row>> {
  for (const [param, size] of [
    ['first', args.first],
    ['last', args.last],
  ] as const) {
    if (size !== null && size !== undefined && (size < 1 || size > MAX_SIZE))
      throw new ValidationError(`\`${param}\` must be between 1 and ${String(MAX_SIZE)}.`, param);
  }
  const connection = await resolveCursorConnection<Promise<Row[]>>(
    { args, defaultSize: DEFAULT_SIZE, maxSize: MAX_SIZE, toCursor: (row) => encode(list.key(row)) },
    // Reading starts at `from`: `after`, or from the end of the list `before`.
    ({ before, after, limit, inverted }: ResolveCursorConnectionArgs) => {
      const [start, end] = [decode(after, 'after'), decode(before, 'before')];
      return list.page({ limit, inverted, from: inverted ? end : start, until: inverted ? start : end });
    },
  );
  const { edges, pageInfo } = connection as unknown as Connection<Row>;
  return {
    edges,
    // Pothos gives an empty page the cursor that was passed or an empty text, which is no cursor.
    pageInfo: edges.length > 0 ? pageInfo : { ...pageInfo, startCursor: null, endCursor: null },
    totalCount: () => list.count(),
  };
}

export interface Connection<Row> {
  edges: { cursor: string; node: Row }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  totalCount(): Promise<number>;
}

/**
 * The page as Prisma's `where`, `orderBy` and `take`, for rows ordered by `field` (an instant) and id, newest first.
 * `where` goes into an AND with the list's own conditions.
 */
export function keysetQuery(field: string, page: KeysetPage): { where: object; orderBy: object[]; take: number } {
  const direction = page.inverted ? 'asc' : 'desc';
  const beyond = (key: Keyset, comparison: 'lt' | 'gt'): object => ({
    OR: [{ [field]: { [comparison]: key.at } }, { [field]: key.at, id: { [comparison]: key.id } }],
  });
  const conditions = [
    ...(page.from ? [beyond(page.from, page.inverted ? 'gt' : 'lt')] : []),
    ...(page.until ? [beyond(page.until, page.inverted ? 'lt' : 'gt')] : []),
  ];
  return { where: { AND: conditions }, orderBy: [{ [field]: direction }, { id: direction }], take: page.limit };
}
