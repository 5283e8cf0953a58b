import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { isMirrorKind, MIRROR_KINDS } from '../domain/kinds.ts';
import { rankOf } from '../domain/ordering.ts';
import { tableOf } from '../repositories/mirror.ts';
import { STRIPE_API_VERSION } from './client.ts';
import { type DescribedObject, describedEvents } from './described-events.ts';
import { CHILD_TABLES } from './normalise/children.ts';
import { canRetrieve } from './retrieve-object.ts';

export const COVERAGE_PAGE = new URL('../../../docs/stripe-coverage.md', import.meta.url);

const RANKS = ['the object’s first', 'a change', 'its deletion'] as const;

/** How objects of a kind are kept. */
function keptAs({ kind, hasId }: DescribedObject): string {
  if (!hasId) return 'no id: in the inbox alone';
  if (isMirrorKind(kind)) return `own table, \`stripe.${tableOf(kind)}\``;
  return canRetrieve(kind) ? 'raw, `stripe.object`' : 'raw, `stripe.object`; can’t be reread';
}

/** The whole of docs/stripe-coverage.md. */
export function printCoverage(): string {
  const events = describedEvents();
  const objects = new Map(events.flatMap((event) => event.objects.map((object) => [object.kind, object] as const)));
  const told = [...objects.values()];
  const typed = told.filter(({ kind, hasId }) => hasId && isMirrorKind(kind));
  const raw = told.filter(({ kind, hasId }) => hasId && !isMirrorKind(kind));
  const withoutId = told.filter(({ hasId }) => !hasId);
  const untold = MIRROR_KINDS.filter((kind) => !objects.has(kind));
  const typesOf = (kinds: readonly DescribedObject[]): number =>
    events.filter((event) => event.objects.some((object) => kinds.includes(objects.get(object.kind) ?? object))).length;
  return `# What is kept of Stripe

<!-- Printed from the typings of the package stripe by \`node --import tsx subgraphs/billing/stripe/print-coverage.ts\`. -->

Stripe ${STRIPE_API_VERSION} tells of ${String(told.length)} kinds of objects in ${String(events.length)} types of events. No event is refused: each is
stored as it came and answered with 2xx.

| | kinds | types of events |
| --- | ---: | ---: |
| with columns, in a table of their own | ${String(typed.length)} | ${String(typesOf(typed))} |
| raw, in \`stripe.object\` | ${String(raw.length)} | ${String(typesOf(raw))} |
| without an id, in the inbox alone | ${String(withoutId.length)} | ${String(typesOf(withoutId))} |

Raw objects follow the same ordering rule as the others, and get columns once their kind gets a table. A kind or a type of event that Stripe
adds tomorrow is raw. An object of a kind with ids may lack one too: \`invoice.upcoming\` shows an invoice that does not exist yet, and stays in the inbox.

Read from Stripe, since no event tells of them: ${untold.map((kind) => `\`${kind}\` (\`stripe.${tableOf(kind)}\`)`).join(', ')}.

Rows inside objects: ${[...CHILD_TABLES].map(([kind, tables]) => `of \`${kind}\` ${tables.map((table) => `\`stripe.${table}\``).join(', ')}`).join('; ')}.

## Every type of event

| type | object | kept as | counts as |
| --- | --- | --- | --- |
${events
  .toSorted((a, b) => (a.type < b.type ? -1 : 1))
  .map(({ type, objects: of }) => {
    const kinds = of.map(({ kind }) => `\`${kind}\``).join(', ');
    const kept = type === 'invoice.upcoming' ? 'no id: in the inbox alone' : [...new Set(of.map(keptAs))].join('; ');
    return `| \`${type}\` | ${kinds} | ${kept} | ${RANKS[rankOf(type)]} |`;
  })
  .join('\n')}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(COVERAGE_PAGE, printCoverage());
