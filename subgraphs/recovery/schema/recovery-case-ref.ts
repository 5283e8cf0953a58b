import type { RecoveryCase as Row } from '../repositories/cases.ts';
import { builder } from './builder.ts';

/** Declared apart from its fields, because invoices and cases refer to each other. */
export const RecoveryCase = builder.objectRef<Row>('RecoveryCase');
