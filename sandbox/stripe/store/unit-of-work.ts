/**
 * One request, or one step of a test clock: a transaction on the data of one account in one mode. Whoever writes holds the account's lock until
 * commit, so writers of one account take turns, as they would wait for object locks at Stripe.
 */
import type { PoolClient } from 'pg';
import { NotFound } from '../http/errors.ts';
import { longId } from './ids.ts';
import type { Customer, Hidden, Kind, Kinds } from './kinds.ts';
import { previousAttributes } from './previous-attributes.ts';
import { recordEvent } from './record-event.ts';

export interface Scope {
  readonly account: string;
  readonly livemode: boolean;
}
/** The API call that caused a change; both null when nobody asked (a renewal, the hosted page). */
export interface Cause {
  readonly id: string | null;
  readonly idempotency_key: string | null;
}
export interface Filter {
  readonly path: readonly string[];
  readonly equals: string;
}
export interface Range {
  gt?: number | undefined;
  gte?: number | undefined;
  lt?: number | undefined;
  lte?: number | undefined;
}
export interface ListQuery {
  readonly filters?: readonly Filter[];
  readonly created?: Range | undefined;
  readonly limit?: number;
  readonly startingAfter?: string | undefined;
  readonly endingBefore?: string | undefined;
}
export interface AccountSettings {
  /** Days after a failed payment at which the sandbox tries again by itself; empty means never. */
  retries?: number[] | undefined;
  /** The decline code of a card that attaches and then fails (4000 0000 0000 0341). */
  attached_card_declines?: string | undefined;
  /** What Stripe keeps of a charge: hundredths of a percent, and minor units on top. */
  fee?: { bps: number; fixed: number } | undefined;
  /** Days after which money that came in can be paid out. */
  available_after_days?: number | undefined;
}
export interface AutomaticAction {
  readonly scope: Scope;
  readonly at: number;
}

export class UnitOfWork {
  readonly scope: Scope;
  readonly cause: Cause;
  readonly client: PoolClient;
  /** Where people's browsers find this sandbox. */
  readonly publicUrl: string;
  #at: number | null = null;

  constructor(client: PoolClient, scope: Scope, cause: Cause, publicUrl: string) {
    this.client = client;
    this.scope = scope;
    this.cause = cause;
    this.publicUrl = publicUrl;
  }

  /** Seconds of the machine's clock. */
  wallNow(): number {
    return Math.floor(Date.now() / 1000);
  }

  /** Inside a clock's step: everything happens at this simulated second. */
  setNow(at: number): void {
    this.#at = at;
  }

  /** The time of whatever hangs on this test clock; the machine's without one. */
  async nowOfClock(clockId: string | null | undefined): Promise<number> {
    if (this.#at !== null) return this.#at;
    if (!clockId) return this.wallNow();
    const hidden = await this.hidden('test_helpers.test_clock', clockId);
    return hidden?.at ?? this.wallNow();
  }

  async nowOfCustomer(customerId: string | null | undefined): Promise<number> {
    if (this.#at !== null) return this.#at;
    const customer = customerId ? await this.find('customer', customerId) : null;
    return this.nowOfClock(customer?.test_clock ?? null);
  }

  async lockAccount(): Promise<void> {
    await this.client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `${this.scope.account}:${String(this.scope.livemode)}`,
    ]);
  }

  async find<K extends Kind>(kind: K, id: string): Promise<Kinds[K] | null> {
    const { rows } = await this.client.query<{ body: Kinds[K] }>(
      'SELECT body FROM objects WHERE account = $1 AND livemode = $2 AND kind = $3 AND id = $4 AND NOT deleted',
      [this.scope.account, this.scope.livemode, kind, id],
    );
    return rows[0]?.body ?? null;
  }

  async get<K extends Kind>(kind: K, id: string, param: string | null = 'id'): Promise<Kinds[K]> {
    const found = await this.find(kind, id);
    if (!found) throw new NotFound(kind, id, param);
    return found;
  }

  async isDeleted(kind: Kind, id: string): Promise<boolean> {
    const { rowCount } = await this.client.query(
      'SELECT 1 FROM objects WHERE account = $1 AND livemode = $2 AND kind = $3 AND id = $4 AND deleted',
      [this.scope.account, this.scope.livemode, kind, id],
    );
    return rowCount === 1;
  }

  async hidden<K extends Kind>(kind: K, id: string): Promise<Hidden[K] | null> {
    const { rows } = await this.client.query<{ hidden: Hidden[K] }>(
      'SELECT hidden FROM objects WHERE account = $1 AND livemode = $2 AND kind = $3 AND id = $4',
      [this.scope.account, this.scope.livemode, kind, id],
    );
    return rows[0]?.hidden ?? null;
  }

  async insert<K extends Kind>(kind: K, body: Kinds[K], hidden: Hidden[K]): Promise<Kinds[K]> {
    await this.client.query(
      'INSERT INTO objects (account, livemode, kind, id, created, body, hidden) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [
        this.scope.account,
        this.scope.livemode,
        kind,
        body.id,
        body.created,
        JSON.stringify(body),
        JSON.stringify(hidden),
      ],
    );
    return body;
  }

  /** Stores the object as it now is and announces nothing. */
  async put<K extends Kind>(kind: K, body: Kinds[K]): Promise<Kinds[K]> {
    await this.client.query('UPDATE objects SET body = $4 WHERE account = $1 AND livemode = $2 AND id = $3', [
      this.scope.account,
      this.scope.livemode,
      body.id,
      JSON.stringify(body),
    ]);
    return body;
  }

  /** Stores the object with these changes and announces `type` with the old values; a change that changes nothing is not announced. */
  async change<K extends Kind>(
    kind: K,
    before: Kinds[K],
    changes: Partial<Kinds[K]>,
    type: string | null,
    at: number,
  ): Promise<Kinds[K]> {
    const after: Kinds[K] = { ...before, ...changes };
    const previous = previousAttributes(before, after);
    if (Object.keys(previous).length === 0) return before;
    await this.put(kind, after);
    if (type) await this.announce(type, after, at, previous);
    return after;
  }

  async putHidden<K extends Kind>(kind: K, id: string, hidden: Hidden[K]): Promise<void> {
    await this.client.query(
      'UPDATE objects SET hidden = $5 WHERE account = $1 AND livemode = $2 AND kind = $3 AND id = $4',
      [this.scope.account, this.scope.livemode, kind, id, JSON.stringify(hidden)],
    );
  }

  async remove(kind: Kind, id: string): Promise<void> {
    await this.client.query(
      'UPDATE objects SET deleted = true WHERE account = $1 AND livemode = $2 AND kind = $3 AND id = $4',
      [this.scope.account, this.scope.livemode, kind, id],
    );
  }

  /** Every object that matches, newest first. */
  async all<K extends Kind>(kind: K, filters: readonly Filter[]): Promise<Kinds[K][]> {
    const values: unknown[] = [this.scope.account, this.scope.livemode, kind];
    const where = filters.map((filter) => {
      values.push(filter.path, filter.equals);
      return `AND body #>> $${String(values.length - 1)}::text[] = $${String(values.length)}`;
    });
    const { rows } = await this.client.query<{ body: Kinds[K] }>(
      `SELECT body FROM objects WHERE account = $1 AND livemode = $2 AND kind = $3 AND NOT deleted ${where.join(' ')} ORDER BY seq DESC`,
      values,
    );
    return rows.map((row) => row.body);
  }

  /** What a customer's objects of one kind are; the index makes this cheap in a large account. */
  async ofCustomer<K extends Kind>(kind: K, customerId: string): Promise<Kinds[K][]> {
    const { rows } = await this.client.query<{ body: Kinds[K] }>(
      `SELECT body FROM objects WHERE account = $1 AND livemode = $2 AND kind = $3 AND body ->> 'customer' = $4 AND NOT deleted ORDER BY seq DESC`,
      [this.scope.account, this.scope.livemode, kind, customerId],
    );
    return rows.map((row) => row.body);
  }

  async announce(type: string, object: object, at: number, previous?: Record<string, unknown>): Promise<void> {
    await recordEvent(this, {
      id: longId('evt'),
      type,
      object,
      at,
      ...(previous && type.endsWith('.updated') ? { previous } : {}),
    });
  }

  async settings(): Promise<AccountSettings> {
    const { rows } = await this.client.query<{ settings: AccountSettings }>(
      'SELECT settings FROM accounts WHERE id = $1',
      [this.scope.account],
    );
    return rows[0]?.settings ?? {};
  }

  async customerOf(id: string): Promise<Customer> {
    return this.get('customer', id, 'customer');
  }
}
