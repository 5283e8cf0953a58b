import {
  BrokenCircuitError,
  ConstantBackoff,
  ExponentialBackoff,
  handleWhenResult,
  type IBackoff,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
} from 'cockatiel';
import { ProviderUnavailableError } from '../errors/errors.ts';
import { Breaker } from './breaker.ts';
import { LaneGate } from './lane-gate.ts';
import { allListeners, type ProviderListener } from './listener.ts';
import { machinePace, type Pace } from './pace.ts';
import {
  opensBreaker,
  type PolicyKey,
  type ProviderCaller,
  type ProviderProfile,
  type ProviderRequest,
  type Verdict,
} from './provider-call.ts';
import type { SharedWindows } from './shared-window.ts';
import { RetryBudget } from './retry-budget.ts';
import { DEFAULT_SETTINGS, type ResilienceSettings } from './settings.ts';

/** The one way to call a provider: nothing else retries, waits or gives up. */
export interface ProviderPolicies {
  /**
   * Makes the call under the breaker, the retry budget and the rate of its caller.
   * @returns the last answer there was, whatever the adapter thought of it.
   * @throws {ProviderUnavailableError} with `notSent` when the call was held back; with a time when that may change.
   * @throws what `send` threw last, when there was no answer.
   */
  execute<T>(profile: ProviderProfile, caller: ProviderCaller, request: ProviderRequest<T>): Promise<T>;
}

export interface PolicyDeps {
  readonly listeners?: readonly ProviderListener[];
  readonly settings?: ResilienceSettings;
  readonly pace?: Pace;
  /** Where processes that call for the same accounts share what these may; each keeps to the rate by itself unless given. */
  readonly windows?: SharedWindows | null;
}

/** Complaints that do not say how long. Stripe counts by the second. */
const DEFAULT_HOLD_MS = 1_000;
/** With more policies than this, those that nobody used for an hour are forgotten. */
const KEPT = 2_000;
const FORGOTTEN_AFTER_MS = 3_600_000;

interface Policy {
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  usedAt: number;
}

interface Attempt<T> {
  readonly outcome: { readonly answer: T } | { readonly error: unknown };
  readonly verdict: Verdict;
}

export function createProviderPolicies(deps: PolicyDeps = {}): ProviderPolicies {
  const { settings = DEFAULT_SETTINGS, pace = machinePace, windows = null } = deps;
  const tell = allListeners(deps.listeners ?? []);
  const policies = new Map<string, Policy>();
  const gates = new Map<string, LaneGate>();

  function policyOf(key: PolicyKey): Policy {
    const name = JSON.stringify([key.provider, key.workspaceId, key.account]);
    const known = policies.get(name);
    const policy = known ?? newPolicy(key);
    policy.usedAt = pace.now();
    if (known === undefined) {
      if (policies.size >= KEPT) forgetUnused();
      policies.set(name, policy);
    }
    return policy;
  }

  function newPolicy(key: PolicyKey): Policy {
    const breaker = new Breaker(settings.breaker, {
      pace,
      isFailure: (attempt) => opensBreaker((attempt as Attempt<unknown>).verdict.kind),
      onState: (state) => {
        tell.onBreaker(key, { state, probeInMs: state === 'OPEN' ? breaker.refusesForMs : null });
      },
    });
    return { breaker, budget: new RetryBudget(settings.budget), usedAt: 0 };
  }

  function forgetUnused(): void {
    const since = pace.now() - FORGOTTEN_AFTER_MS;
    for (const [name, { usedAt, breaker }] of policies)
      if (usedAt < since && breaker.state === 'CLOSED') policies.delete(name);
    for (const [name, gate] of gates) if (gate.idle) gates.delete(name);
  }

  /** By account and not by workspace: two workspaces with one account share what it may. An unknown account is nobody's but the caller's. */
  function gateOf(profile: ProviderProfile, { workspaceId, account, livemode }: ProviderCaller): LaneGate {
    const name = JSON.stringify([profile.provider, account ?? workspaceId, account === null, livemode]);
    const known = gates.get(name);
    if (known !== undefined) return known;
    const perSecond = profile.perSecond(livemode);
    const gate = new LaneGate(perSecond, pace, windows?.of(name, perSecond) ?? null);
    gates.set(name, gate);
    return gate;
  }

  return {
    execute: async (profile, caller, request) => {
      const { workspaceId, account } = caller;
      const key: PolicyKey = { provider: profile.provider, workspaceId, account };
      return makeCall({
        settings,
        pace,
        tell,
        key,
        profile,
        caller,
        request,
        ...policyOf(key),
        gate: gateOf(profile, caller),
      });
    },
  };
}

interface Call<T> {
  readonly settings: ResilienceSettings;
  readonly pace: Pace;
  readonly tell: Required<ProviderListener>;
  readonly key: PolicyKey;
  readonly profile: ProviderProfile;
  readonly caller: ProviderCaller;
  readonly request: ProviderRequest<T>;
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  readonly gate: LaneGate;
}

async function makeCall<T>(call: Call<T>): Promise<T> {
  const { settings, pace, tell, key } = call;
  const deadline = pace.now() + settings.deadlineMs;
  let attempts = 0;
  let last: Attempt<T> | undefined;
  let pauseMs = 0;
  const pauses = new ExponentialBackoff({ initialDelay: settings.firstPauseMs, maxDelay: settings.longestPauseMs });
  let backoff: IBackoff<unknown> | undefined;

  /** Whether there is to be another attempt, and after which pause. */
  const again = ({ verdict }: Attempt<T>): boolean => {
    const { kind, worthRetry, retryAfterMs } = verdict;
    if (kind === null || !worthRetry || !call.request.repeatable || attempts > settings.retries) return false;
    if (call.breaker.state === 'OPEN') return false;
    backoff = backoff?.next(undefined) ?? pauses.next();
    pauseMs = Math.max(backoff.duration, retryAfterMs ?? 0);
    if (pace.now() + pauseMs >= deadline) {
      tell.onGiveUp(key, { kind, reason: 'DEADLINE' });
      return false;
    }
    const had = call.budget.spend();
    tell.onBudget(key, { exhausted: call.budget.exhausted });
    if (had) tell.onRetry(key, { kind, pauseMs });
    else tell.onGiveUp(key, { kind, reason: 'BUDGET' });
    return had;
  };
  const retrying = retry(
    handleWhenResult((attempt) => again(attempt as Attempt<T>)),
    { maxAttempts: settings.retries, backoff: new ConstantBackoff(0) },
  );
  try {
    last = await retrying.execute(async () => {
      if (attempts > 0) await pace.sleep(pauseMs); // by the same watch as the deadline and the gate
      attempts += 1;
      last = await oneAttempt(call, deadline, attempts > 1);
      return last;
    });
  } catch (error) {
    // Held back before a second attempt: what the first one brought says more.
    if (last === undefined || !(error instanceof ProviderUnavailableError)) throw error;
  }
  if ('error' in last.outcome) throw last.outcome.error;
  return last.outcome.answer;
}

async function oneAttempt<T>(call: Call<T>, deadline: number, isRetry: boolean): Promise<Attempt<T>> {
  const { breaker, gate, pace, caller, tell, key } = call;
  if (breaker.refusesForMs > 0) throw heldBack(call, 'BREAKER_OPEN', breaker.refusesForMs);
  const asked = pace.now();
  const admission = await gate.admit(caller.lane, deadline - asked);
  if (!admission.admitted) throw heldBack(call, 'TOO_MANY_CALLS', admission.waitMs);
  tell.onAdmitted(key, { lane: caller.lane, waitedMs: pace.now() - asked });
  try {
    return await breaker.execute(() => send(call, deadline, isRetry));
  } catch (error) {
    // Opened while this call waited for its turn, or for the probe of another.
    if (error instanceof BrokenCircuitError) throw heldBack(call, 'BREAKER_OPEN', Math.max(1, breaker.refusesForMs));
    throw error;
  }
}

/** Sends once. Whatever the provider or the network does is a value; what is thrown is a bug of ours. */
async function send<T>(call: Call<T>, deadline: number, isRetry: boolean): Promise<Attempt<T>> {
  const { settings, pace, tell, key, caller, request, budget } = call;
  const started = pace.now();
  const attempt = await carryOut(request, Math.max(1, Math.min(settings.attemptMs, deadline - started)));
  const { kind, retryAfterMs, limit } = attempt.verdict;
  tell.onAttempt(key, { lane: caller.lane, kind, durationMs: pace.now() - started, isRetry });
  if (kind === 'RATE_LIMITED') {
    const holdMs = retryAfterMs ?? DEFAULT_HOLD_MS;
    call.gate.slowDown(holdMs);
    tell.onRateLimited(key, { limit, holdMs });
  }
  if (kind === null) {
    budget.earn();
    tell.onBudget(key, { exhausted: budget.exhausted });
  }
  return attempt;
}

async function carryOut<T>(request: ProviderRequest<T>, withinMs: number): Promise<Attempt<T>> {
  try {
    // Aggressive: an answer that trickles in must not hold the caller, whatever the HTTP client makes of the signal.
    const limited = timeout(withinMs, TimeoutStrategy.Aggressive);
    const answer = await limited.execute(({ signal }) => request.send(signal));
    return { outcome: { answer }, verdict: request.judge(answer) };
  } catch (error) {
    if (error instanceof TaskCancelledError)
      return { outcome: { error }, verdict: { kind: 'TIMEOUT', worthRetry: true, retryAfterMs: null } };
    const verdict = request.judgeError(error);
    if (verdict === null) throw error;
    return { outcome: { error }, verdict };
  }
}

function heldBack(
  { tell, key, caller, profile }: Call<unknown>,
  reason: 'BREAKER_OPEN' | 'TOO_MANY_CALLS',
  retryAfterMs: number,
): ProviderUnavailableError {
  tell.onHeldBack(key, { lane: caller.lane, reason, retryAfterMs });
  const retryAfterS = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const message =
    reason === 'BREAKER_OPEN'
      ? `${profile.name} does not answer at the moment, so it was not asked. Try again in ${String(retryAfterS)} s.`
      : `${profile.name} takes no more calls for this account at the moment. Try again in ${String(retryAfterS)} s.`;
  return new ProviderUnavailableError(profile.provider.toLowerCase(), message, { retryAfterS, notSent: true });
}
