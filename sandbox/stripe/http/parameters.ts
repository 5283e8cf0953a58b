/** Stripe's nested forms (`items[0][price]=x`) as objects, checked by zod; the first thing wrong is told the way Stripe tells it. */
import qs from 'qs';
import { z } from 'zod';
import { invalid } from './errors.ts';

export function parseForm(text: string): Record<string, unknown> {
  return qs.parse(text, { depth: 10, arrayLimit: 1000, parameterLimit: 5000, allowPrototypes: false });
}

/** `''` empties a field. */
export const text = z.string().max(5000);
export const clearable = z
  .string()
  .max(5000)
  .transform((value) => (value === '' ? null : value));
export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, 'integer')
  .transform(Number);
export const positive = z
  .string()
  .regex(/^\d{1,15}$/, 'integer')
  .transform(Number);
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
export const list = <T extends z.ZodType>(item: T): z.ZodType<z.output<T>[]> =>
  z.preprocess(
    (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.values(value)
        : value === ''
          ? []
          : value,
    z.array(item),
  );
/** Keys with an empty value are removed from what is there. */
export const metadata = z.union([z.literal(''), z.record(z.string().max(40), z.string().max(500))]);
export const address = z.strictObject({
  city: clearable.optional(),
  country: clearable.optional(),
  line1: clearable.optional(),
  line2: clearable.optional(),
  postal_code: clearable.optional(),
  state: clearable.optional(),
});
export const range = z.union([
  positive.transform((at) => ({ gte: at, lte: at })),
  z.strictObject({
    gt: positive.optional(),
    gte: positive.optional(),
    lt: positive.optional(),
    lte: positive.optional(),
  }),
]);

export function mergedMetadata(
  current: Record<string, string> | null,
  change: z.output<typeof metadata> | undefined,
): Record<string, string> {
  if (change === undefined) return current ?? {};
  if (change === '') return {};
  return Object.fromEntries(Object.entries({ ...current, ...change }).filter(([, value]) => value !== ''));
}

export function check<T extends z.ZodType>(shape: T, raw: unknown): z.output<T> {
  const result = shape.safeParse(raw);
  if (result.success) return result.data;
  throw complaint(result.error.issues[0], raw);
}

function complaint(issue: z.core.$ZodIssue | undefined, raw: unknown): Error {
  const path = issue?.path ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const param = named([...path, issue.keys[0] ?? '']);
    return invalid(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
  }
  if (issue?.code === 'invalid_union') {
    const inner = issue.errors.flat().find((one) => one.code === 'unrecognized_keys');
    if (inner) return complaint({ ...inner, path: [...path, ...inner.path] }, raw);
  }
  const param = named(path);
  const value = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    raw,
  );
  if (value === undefined) return invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  if (issue?.code === 'invalid_format' && issue.format === 'regex')
    return invalid(`Invalid integer: ${typeof value === 'string' ? value : 'object'}`, {
      code: 'parameter_invalid_integer',
      param,
    });
  if (issue?.code === 'invalid_value') {
    return invalid(`Invalid ${param}: must be one of ${issue.values.map(String).join(', ')}`, { param });
  }
  if (typeof value === 'string') return invalid(`Invalid ${param}: ${issue?.message ?? 'not understood'}`, { param });
  return invalid(`Invalid ${Array.isArray(value) ? 'array' : 'object'}`, { param });
}

function named(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (index === 0 ? String(part) : `[${String(part)}]`)).join('');
}
