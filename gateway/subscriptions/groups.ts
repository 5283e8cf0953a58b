import { Displaced } from './event-stream.ts';

import type { RequestScope } from '../request-scope.ts';
import type { Delivery, EventSource } from './event-stream.ts';

/** One operation against its source, whoever asks it. */
export interface Upstream<R> {
  /** Opens the source after a cursor (null: from now on). `scope` may be asked again while it is open. */
  open(after: string | null, scope: () => RequestScope): Promise<AsyncIterator<unknown>>;
  /** What the operation answers for one event. */
  deliver(event: unknown, scope: RequestScope): Promise<Delivery<R>>;
}

/** What a subscriber asks for: equal keys are answered equally, by one of them for all. */
export interface Wanted<R> {
  readonly key: string;
  readonly upstream: Upstream<R>;
  /** Whether everybody who comes without a cursor begins with what happens next. Else a source may first tell each how things stand. */
  readonly live: boolean;
}

export interface Member {
  scope(signal: AbortSignal): RequestScope;
  /** Whether it may still be answered like the others: its caller may have changed. */
  belongs(): boolean;
}

/** Newest answers of a group, for those who come to its place a moment later. */
const KEPT = 32;

/** A group that has not rested for this long may be behind: who begins now begins for itself. */
const BUSY_MS = 1_000;

/**
 * Subscribers who ask the same share a source, and each event is carried out once for all of them.
 *
 * A group is one open source with those who stand at its end. Who comes with a cursor founds a group of its own there, unless one stands
 * at that place; who comes without joins the one that is live. A group that reaches an event which another has carried out already ends
 * in it: equal cursors are equal places. So all end up in one group, and none has to compare cursors, which are opaque.
 */
export class Groups<R> {
  readonly #groups = new Map<string, Set<Group<R>>>();
  #retired = false;

  /** Sources that are open now. */
  get open(): number {
    return [...this.#groups.values()].reduce((sum, groups) => sum + groups.size, 0);
  }

  get isRetired(): boolean {
    return this.#retired;
  }

  /** @throws what the source refuses with. */
  async join(wanted: Wanted<R>, after: string | null, member: Member): Promise<EventSource<Delivery<R>>> {
    const { group, place } = this.#standing(wanted, after) ?? { group: this.#found(wanted, after), place: 0 };
    const seat = new Seat(this, group, place, member);
    group.add(seat);
    try {
      await group.opened;
    } catch (error) {
      await seat.return();
      throw error;
    }
    return seat;
  }

  /** Sends everybody elsewhere as soon as their place is known; see `Displaced`. */
  retire(): void {
    this.#retired = true;
    for (const groups of this.#groups.values()) for (const group of groups) group.wake();
  }

  #standing({ key, live }: Wanted<R>, after: string | null): { group: Group<R>; place: number } | null {
    for (const group of this.#groups.get(key) ?? []) {
      const place = after === null ? group.placeOfNow(live) : group.placeAfter(after);
      if (place !== null) return { group, place };
    }
    return null;
  }

  #found(wanted: Wanted<R>, after: string | null): Group<R> {
    const equals = this.#groups.get(wanted.key) ?? new Set<Group<R>>();
    this.#groups.set(wanted.key, equals);
    const group = new Group(wanted.upstream, after, equals, () => {
      equals.delete(group);
      if (equals.size === 0 && this.#groups.get(wanted.key) === equals) this.#groups.delete(wanted.key);
    });
    equals.add(group);
    return group;
  }
}

/** One source, read and carried out event by event. Places count its events: place n is before the event n. */
class Group<R> {
  readonly #upstream: Upstream<R>;
  readonly #after: string | null;
  /** The groups of the same key, this one among them. */
  readonly #equals: ReadonlySet<Group<R>>;
  readonly #onEnd: () => void;
  readonly #seats = new Set<Seat<R>>();
  readonly #kept: Delivery<R>[] = [];
  readonly #ended = new AbortController();
  #next = 0;
  /** Whether nothing that happened since a moment of its life is missing in it, and nothing older is to come. */
  #live: boolean;
  #working = false;
  #busySince: number | null = null;
  #speaker: Seat<R> | null = null;
  #outcome: { readonly error: unknown } | 'DONE' | null = null;
  #continued: { readonly group: Group<R>; readonly place: number } | null = null;
  readonly opened: Promise<void>;

  constructor(upstream: Upstream<R>, after: string | null, equals: ReadonlySet<Group<R>>, onEnd: () => void) {
    this.#upstream = upstream;
    this.#after = after;
    this.#equals = equals;
    this.#onEnd = onEnd;
    this.#live = after === null;
    // After its founder has sat down: the source is opened in the founder's name.
    this.opened = Promise.resolve().then(async () => this.#open());
  }

  /** What the end is, for who has taken all that is kept. */
  get outcome(): { readonly error: unknown } | 'DONE' | null {
    return this.#outcome;
  }

  get continued(): { readonly group: Group<R>; readonly place: number } | null {
    return this.#continued;
  }

  add(seat: Seat<R>): void {
    this.#seats.add(seat);
  }

  remove(seat: Seat<R>): void {
    this.#seats.delete(seat);
    if (this.#seats.size === 0) this.#end();
  }

  wake(): void {
    for (const seat of [...this.#seats]) seat.wake();
  }

  /** The answer to the event at a place; undefined when it has not happened. @throws {Displaced} when it is no longer kept. */
  at(place: number): Delivery<R> | undefined {
    const index = this.#kept.length - (this.#next - place);
    if (index < 0) throw new Displaced('The group has gone on.');
    return this.#kept[index];
  }

  /** The place after an event, while its answer is kept. */
  placeAfter(cursor: string): number | null {
    const index = this.#kept.findIndex((delivery) => delivery.cursor === cursor);
    const first = this.#next - this.#kept.length;
    if (index >= 0) return first + index + 1;
    return first === 0 && this.#after === cursor ? 0 : null;
  }

  /** The place of who begins now: after the event that is being carried out. Null when others begin elsewhere. */
  placeOfNow(beginLive: boolean): number | null {
    const isBehind = this.#busySince !== null && performance.now() - this.#busySince > BUSY_MS;
    if (!beginLive || !this.#live || (this.#working && isBehind)) return null;
    return this.#next + (this.#working ? 1 : 0);
  }

  cursorBefore(place: number): string | null {
    if (place === 0) return this.#after;
    return this.#kept[this.#kept.length - (this.#next - place) - 1]?.cursor ?? null;
  }

  async #open(): Promise<void> {
    try {
      const source = await this.#upstream.open(this.#after, () => this.#scope());
      if (this.#ended.signal.aborted) stop(source);
      else void this.#read(source);
    } catch (error) {
      this.#finish({ error });
      throw error;
    }
  }

  async #read(source: AsyncIterator<unknown>): Promise<void> {
    this.#ended.signal.addEventListener('abort', () => stop(source), { once: true });
    try {
      while (!this.#ended.signal.aborted) {
        const asked = performance.now();
        const step = await source.next();
        if (this.#isOver()) return;
        if (step.done === true) {
          this.#finish('DONE');
          return;
        }
        const rested = performance.now() - asked > 5;
        if (rested || this.#busySince === null) this.#busySince = performance.now();
        this.#working = true;
        const delivery = await this.#upstream.deliver(step.value, this.#scope());
        this.#working = false;
        if (!this.#isOver()) this.#publish(delivery);
      }
    } catch (error) {
      if (!this.#isOver()) this.#finish({ error });
    }
  }

  #isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  #publish(delivery: Delivery<R>): void {
    this.#kept.push(delivery);
    if (this.#kept.length > KEPT) this.#kept.shift();
    this.#next += 1;
    if (delivery.cursor !== null) this.#endIn(delivery.cursor);
    this.wake();
  }

  /** Where another has been at this event before, the rest is the same: it goes on there. */
  #endIn(cursor: string): void {
    for (const group of this.#equals) {
      const place = group === this ? null : group.placeAfter(cursor);
      if (place === null) continue;
      group.#live ||= this.#live;
      this.#continued = { group, place };
      for (const seat of this.#seats) group.add(seat);
      this.#end();
      return;
    }
  }

  #finish(outcome: { readonly error: unknown } | 'DONE'): void {
    this.#outcome = outcome;
    this.#end();
    this.wake();
  }

  #end(): void {
    if (this.#isOver()) return;
    this.#onEnd();
    this.#ended.abort();
  }

  /** Any of them may speak for all; the one who did last is remembered for a source that asks when the last has left. */
  #scope(): RequestScope {
    const [first] = [...this.#seats].filter((seat) => seat.belongs());
    this.#speaker = first ?? this.#speaker;
    if (this.#speaker === null) throw new Displaced('Nobody is left.');
    return this.#speaker.scope(this.#ended.signal);
  }
}

/** One subscriber's place in a group. It takes what the group has, at once or as it comes; it holds a number and no events. */
class Seat<R> implements EventSource<Delivery<R>> {
  readonly #groups: Groups<R>;
  readonly #member: Member;
  readonly #began: { readonly group: Group<R>; readonly place: number };
  #group: Group<R>;
  #place: number;
  #left = false;
  #wake: (() => void) | null = null;

  constructor(groups: Groups<R>, group: Group<R>, place: number, member: Member) {
    this.#groups = groups;
    this.#began = { group, place };
    this.#group = group;
    this.#place = place;
    this.#member = member;
  }

  belongs(): boolean {
    return this.#member.belongs();
  }

  scope(signal: AbortSignal): RequestScope {
    return this.#member.scope(signal);
  }

  wake(): void {
    this.#wake?.();
  }

  startedAfter(): string | null {
    return this.#began.group.cursorBefore(this.#began.place);
  }

  async next(): Promise<IteratorResult<Delivery<R>, undefined>> {
    while (!this.#left) {
      // Looked at before each answer: what a caller may no longer see is not handed to it, though others may see it.
      if (!this.belongs()) this.#leaveFor('The caller has changed.');
      const delivery = this.#group.at(this.#place);
      if (delivery !== undefined) {
        this.#place += 1;
        return { done: false, value: delivery };
      }
      const { continued, outcome } = this.#group;
      if (continued !== null) {
        this.#group = continued.group;
        this.#place = continued.place;
      } else if (outcome === 'DONE') break;
      else if (outcome !== null) throw outcome.error;
      else if (this.#groups.isRetired && this.#group.cursorBefore(this.#place) !== null)
        this.#leaveFor('The schema has changed.');
      else await new Promise<void>((wake) => (this.#wake = wake));
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Delivery<R>, undefined>> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  #leaveFor(reason: string): never {
    this.#leave();
    throw new Displaced(reason);
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    let group = this.#group;
    group.remove(this);
    while (group.continued !== null) {
      group = group.continued.group;
      group.remove(this);
    }
    this.#wake?.();
  }
}

/** Not awaited: a source that is asleep in `next` may answer `return` only when it wakes. */
function stop(source: AsyncIterator<unknown>): void {
  source.return?.().catch(() => undefined);
}
