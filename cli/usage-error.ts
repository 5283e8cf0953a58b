/** The command was called in a way that can't work; the message says how it can. Ends with exit code 2. */
export class UsageError extends Error {}
