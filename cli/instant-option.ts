import { UsageError } from './usage-error.ts';

/** An option that holds an instant, as the graph wants it. @throws {UsageError} for text that is none. */
export function instantOption(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new UsageError(`${option} takes an instant, such as 2026-11-20T00:00:00Z. This is none: ${text}`);
  return at.toISOString();
}
