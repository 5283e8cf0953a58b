import type { WorkflowDefinition } from './workflow-definition.ts';

/** The name under which every workspace gets it, once; changing the steps means a new version, never this one edited. */
export const BUILTIN_WORKFLOW_KEY = 'recover-failed-renewal';
export const BUILTIN_WORKFLOW_NAME = 'Recover a failed renewal';

export const BUILTIN_WORKFLOW_V1: WorkflowDefinition = {
  schemaVersion: 1,
  start: 'reminder',
  steps: [
    { id: 'reminder', type: 'email', template: 'reminder', next: 'wait-before-retry' },
    { id: 'wait-before-retry', type: 'wait', duration: 'P1D', next: 'retry' },
    { id: 'retry', type: 'retry_payment', next: { declined: 'magic-link', skipped: 'magic-link' } },
    { id: 'magic-link', type: 'magic_link_email', next: 'wait-for-card' },
    { id: 'wait-for-card', type: 'wait', duration: 'P3D', next: 'final-notice' },
    { id: 'final-notice', type: 'email', template: 'final_notice', next: 'wait-before-close' },
    { id: 'wait-before-close', type: 'wait', duration: 'P3D', next: 'close' },
    { id: 'close', type: 'close', reason: 'EXHAUSTED' },
  ],
};
