import { casesByInvoices } from '../repositories/cases.ts';
import { builder } from './builder.ts';
import { RecoveryCase } from './recovery-case-ref.ts';

/** Billing's entities: recovery knows their ids, and billing answers for the rest. */
export const Invoice = builder
  .externalRef('Invoice', builder.selection<{ id: string }>('id'), ({ id }) => ({ id }))
  .implement({
    externalFields: (t) => ({ id: t.id() }),
    fields: (t) => ({
      recoveryCase: t.field({
        type: RecoveryCase,
        nullable: true,
        description: 'The newest recovery case of this invoice, or null when its payment never failed.',
        authScopes: { scope: 'recovery:read' },
        resolve: ({ id }, _args, ctx) =>
          ctx
            .loader('recovery.caseByInvoice', (ids) => casesByInvoices(ctx.useCases.db, ctx.useCases.workspaceId, ids))
            .load(id),
      }),
    }),
  });

export const Customer = builder
  .externalRef('Customer', builder.selection<{ id: string }>('id'), ({ id }) => ({ id }))
  .implement({ externalFields: (t) => ({ id: t.id() }) });
