/**
 * A lane carries one kind of work for one workspace at a time. Its rows in PostgreSQL are the truth: a wake-up says only that there may be
 * some, so losing one costs time and repeating one costs nothing.
 */
export interface Lane {
  readonly name: string;
  /** Does what is there and returns when nothing is left that is due now. */
  drain(workspaceId: string, detail?: string): Promise<void>;
  /** Workspaces that have work due now, as the sweeper asks every second. */
  due(): Promise<readonly { workspaceId: string; detail?: string }[]>;
}
