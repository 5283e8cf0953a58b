import type { Db } from '#subgraphs/shared/db/prisma.ts';

/** The models of recovery, and raw statements for row locks; nothing of another domain. */
export type RecoveryDb = Pick<
  Db,
  | 'workflow'
  | 'workflowVersion'
  | 'recoveryCase'
  | 'invoiceDecline'
  | 'stepExecution'
  | 'retryAttempt'
  | 'message'
  | 'magicLink'
  | '$queryRaw'
>;
