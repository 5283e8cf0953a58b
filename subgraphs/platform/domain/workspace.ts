export type WorkspaceMode = 'LIVE' | 'TEST';

/** One side of a company's pair: live data and test data never meet in one workspace. */
export interface Workspace {
  readonly id: string;
  readonly mode: WorkspaceMode;
  readonly name: string;
  readonly slug: string;
  readonly timezone: string;
  readonly counterpartId: string;
  readonly createdAt: Date;
}

export const MAX_NAME_LENGTH = 100;

/**
 * A readable label for URLs and logs, such as `acme-inc-4f9k2x` and `acme-inc-4f9k2x-test`. It identifies nothing: two companies of one
 * name differ by the tail of their id.
 */
export function workspaceSlug(name: string, liveId: string, mode: WorkspaceMode): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  const tail = liveId.slice(-6).toLowerCase();
  return [words, tail, ...(mode === 'TEST' ? ['test'] : [])].filter((part) => part !== '').join('-');
}

/** IANA names only ("Europe/Berlin", "UTC"): a fixed offset would be wrong half the year. */
export function isTimezone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
