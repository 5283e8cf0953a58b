/** What is told to Stripe when a connection ends. Their key and their subject are the connection. */
export const DEAUTHORIZE_ACCOUNT = 'accounts.deauthorize-account';
export const DELETE_WEBHOOK_ENDPOINT = 'accounts.delete-webhook-endpoint';
