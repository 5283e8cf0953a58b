import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';

const stepId = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes, at most 40');

const emailStep = z.strictObject({
  id: stepId,
  type: z.literal('email'),
  template: z.enum(['reminder', 'final_notice']),
  next: stepId,
});
const magicLinkStep = z.strictObject({ id: stepId, type: z.literal('magic_link_email'), next: stepId });
const waitStep = z.strictObject({
  id: stepId,
  type: z.literal('wait'),
  /** ISO 8601; days and longer are calendar days of the customer's zone. */
  duration: z.string().refine(isPositiveDuration, 'a positive ISO 8601 duration such as P1D or PT6H, at most a year'),
  next: stepId,
});
/** A retry that succeeds has no edge: the invoice's payment ends the case. */
const retryStep = z.strictObject({
  id: stepId,
  type: z.literal('retry_payment'),
  next: z.strictObject({ declined: stepId, skipped: stepId }),
});
const closeStep = z.strictObject({ id: stepId, type: z.literal('close'), reason: z.literal('EXHAUSTED') });

const step = z.discriminatedUnion('type', [emailStep, magicLinkStep, waitStep, retryStep, closeStep]);

export const workflowDefinitionSchema = z.strictObject({
  schemaVersion: z.literal(1),
  start: stepId,
  steps: z.array(step).min(1).max(100),
});

export type WorkflowStep = z.infer<typeof step>;
export type WorkflowDefinition = z.infer<typeof workflowDefinitionSchema>;

export interface DefinitionProblem {
  /** The step it is about, or null for the whole definition. */
  readonly stepId: string | null;
  readonly problem: string;
}

/** Steps that may follow a step, over every edge. */
export function edgesOf(step: WorkflowStep): readonly string[] {
  if (step.type === 'close') return [];
  return step.type === 'retry_payment' ? [step.next.declined, step.next.skipped] : [step.next];
}

/** Every reason why a well-formed definition must not be saved; empty when it may. */
export function problemsOf(definition: WorkflowDefinition): DefinitionProblem[] {
  const byId = new Map(definition.steps.map((step) => [step.id, step]));
  const problems = [...duplicateIds(definition), ...missingTargets(definition, byId)];
  if (problems.length > 0) return problems; // a broken graph cannot be walked
  return [...orphans(definition, byId), ...cyclesWithoutWait(definition, byId)];
}

function duplicateIds({ steps }: WorkflowDefinition): DefinitionProblem[] {
  const seen = new Set<string>();
  return steps
    .filter(({ id }) => seen.size === seen.add(id).size)
    .map(({ id }) => ({ stepId: id, problem: 'Another step has this id.' }));
}

function missingTargets(
  { start, steps }: WorkflowDefinition,
  byId: ReadonlyMap<string, WorkflowStep>,
): DefinitionProblem[] {
  const atStart = byId.has(start)
    ? []
    : [{ stepId: null, problem: `The workflow starts at "${start}", which is not a step.` }];
  const inSteps = steps.flatMap((step) =>
    edgesOf(step)
      .filter((target) => !byId.has(target))
      .map((target) => ({ stepId: step.id, problem: `It leads to "${target}", which is not a step.` })),
  );
  return [...atStart, ...inSteps];
}

function orphans({ start, steps }: WorkflowDefinition, byId: ReadonlyMap<string, WorkflowStep>): DefinitionProblem[] {
  const reached = new Set<string>();
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const step = byId.get(id);
    if (step === undefined || reached.has(id)) continue;
    reached.add(id);
    open.push(...edgesOf(step));
  }
  return steps.filter(({ id }) => !reached.has(id)).map(({ id }) => ({ stepId: id, problem: 'No step leads here.' }));
}

// With the waits taken out, what is left must be a tree of finite walks: a cycle in it would run forever within one instant.
function cyclesWithoutWait(
  { steps }: WorkflowDefinition,
  byId: ReadonlyMap<string, WorkflowStep>,
): DefinitionProblem[] {
  const done = new Set<string>();
  const onPath = new Set<string>();
  const inCycle = new Set<string>();
  const visit = (id: string): void => {
    const step = byId.get(id);
    if (step === undefined || step.type === 'wait' || done.has(id)) return;
    if (onPath.has(id)) {
      inCycle.add(id);
      return;
    }
    onPath.add(id);
    for (const target of edgesOf(step)) visit(target);
    onPath.delete(id);
    done.add(id);
  };
  for (const { id } of steps) visit(id);
  return [...inCycle].map((id) => ({ stepId: id, problem: 'A loop comes back here without a wait.' }));
}

function isPositiveDuration(text: string): boolean {
  try {
    const duration = Temporal.Duration.from(text);
    const relativeTo = Temporal.PlainDate.from('2026-01-01');
    return duration.sign > 0 && duration.total({ unit: 'days', relativeTo }) <= 366;
  } catch {
    return false;
  }
}
