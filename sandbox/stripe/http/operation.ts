/** One operation of the API: where it lives, what it accepts, what it does. */
import { z } from 'zod';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { check } from './parameters.ts';

export interface Operation {
  readonly method: 'DELETE' | 'GET' | 'POST';
  /** With at most one parameter, `:id`. */
  readonly path: string;
  /** The names it accepts besides `expand`; anything else is refused. */
  readonly parameters: readonly string[];
  readonly run: (work: UnitOfWork, raw: Record<string, unknown>, id: string) => Promise<object>;
}

export function operation<T extends z.ZodType>(
  method: Operation['method'],
  path: string,
  shape: T,
  handle: (work: UnitOfWork, input: z.output<T>, id: string) => Promise<object>,
): Operation {
  const parameters = shape instanceof z.ZodObject ? Object.keys(shape.shape) : [];
  return { method, path, parameters, run: (work, raw, id) => handle(work, check(shape, raw), id) };
}
