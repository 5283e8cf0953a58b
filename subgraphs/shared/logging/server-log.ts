/** What a server writes to; a pino logger fits. Nothing handed to it holds variables, headers or bodies. */
export interface ServerLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
