import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { COUNTED_TO, keysetConnection, keysetQuery } from '#subgraphs/shared/graphql/keyset.ts';
import type { AuditEvent } from '../domain/audit-event.ts';
import { auditEventsPage, countAuditEvents } from '../repositories/audit-events.ts';

export function addAuditEvent(builder: SubgraphBuilder): void {
  const Outcome = builder.enumType('AuditOutcome', {
    description: 'What came of a mutation.',
    values: {
      DONE: { description: 'It changed something.' },
      UNCHANGED: { description: 'It was accepted, and everything was so already.' },
      REFUSED: { description: 'The rules forbade it; nothing changed.' },
    },
  });
  const ActorType = builder.enumType('ActorType', {
    description: 'Who acts.',
    values: {
      API_KEY: { description: 'A program with an API key.' },
      OPERATOR: { description: 'Whoever runs this installation.' },
      SYSTEM: { description: 'Oppulence itself.' },
      CUSTOMER: { description: 'A customer who holds a magic link.' },
    },
  });
  const AuditEventType = builder.objectRef<AuditEvent>('AuditEvent').implement({
    description: 'One accepted mutation: who asked for what, and what came of it. Never changed afterwards.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Begins with aud_.' }),
      action: t.exposeString('action', { description: 'The mutation’s name: `revokeApiKey`.' }),
      outcome: t.expose('outcome', { type: Outcome, description: 'What came of it.' }),
      refusalCode: t.exposeString('refusalCode', {
        nullable: true,
        description: 'The code of the refusal. Null unless REFUSED.',
      }),
      actorType: t.expose('actorType', { type: ActorType, description: 'What kind of caller asked.' }),
      actorId: t.exposeID('actorId', { description: 'Which one: the id of the API key.' }),
      targetId: t.exposeID('targetId', {
        nullable: true,
        description: 'The object that it changed, if it changed one.',
      }),
      input: t.expose('input', { type: 'JSON', description: 'What was asked for, without secrets.' }),
      requestId: t.exposeString('requestId', { description: 'The request, as it stands in the log and in errors.' }),
      occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When it was decided, in real time.' }),
    }),
  });
  const Filter = builder.inputType('AuditEventFilter', {
    description: 'Which entries to list; what is left out does not restrict.',
    fields: (t) => ({
      action: t.string({ description: 'Of this mutation: `revokeApiKey`.' }),
      outcome: t.field({ type: Outcome, description: 'With this outcome.' }),
      actorId: t.id({ description: 'By this actor.' }),
      targetId: t.id({ description: 'About this object.' }),
    }),
  });
  builder.queryField('auditEvents', (t) =>
    t.connection(
      {
        type: AuditEventType,
        description: 'The workspace’s audit trail, newest first.',
        args: { filter: t.arg({ type: Filter, description: 'Which entries to list.' }) },
        authScopes: { scope: 'audit:read' },
        resolve: (_root, { filter, ...args }, { useCases: { db, workspaceId } }) =>
          keysetConnection(args, {
            key: (row: AuditEvent) => ({ at: row.occurredAt, id: row.id }),
            page: (page) => auditEventsPage(db, workspaceId, filter ?? {}, keysetQuery('occurredAt', page)),
            count: () => countAuditEvents(db, workspaceId, filter ?? {}, COUNTED_TO),
          }),
      },
      {
        name: 'AuditEventConnection',
        description: 'A page of the audit trail.',
        fields: (c) => ({
          totalCount: c.int({
            description: 'How many match; counting stops at 10,000.',
            resolve: (list) => list.totalCount(),
          }),
        }),
      },
      { name: 'AuditEventEdge', description: 'One entry and its place in the list.' },
    ),
  );
}
