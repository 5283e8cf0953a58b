/** What an API key may be allowed, as data. `admin:*` implies all of them. */
export const SCOPES = {
  'workspace:read': 'Read the workspace, its API keys and its jobs',
  'workspace:write': 'Create and revoke API keys, move the test clock',
  'connections:read': 'Read connections and their state',
  'connections:write': 'Create and disconnect connections',
  'billing:read': 'Read customers, products, subscriptions, invoices and payments',
  'billing:write': 'Change billing objects',
  'recovery:read': 'Read recovery cases, workflows and messages',
  'recovery:write': 'Cancel recovery cases and resend links',
  'analytics:read': 'Read summaries and metrics',
  'analytics:write': 'Have the copy that analytics reads compared with what it is made from',
  'webhooks:read': 'Read webhook deliveries that were received',
  'webhooks:write': 'Hand in webhook deliveries through the graph, and have kept ones applied again',
  'audit:read': 'Read the audit log',
  'admin:*': 'Everything in the workspace',
} as const;

export type Scope = keyof typeof SCOPES;

export const isScope = (text: string): text is Scope => Object.hasOwn(SCOPES, text);

export const grants = (scopes: readonly string[], wanted: Scope): boolean =>
  scopes.includes('admin:*') || scopes.includes(wanted);
