import { REDACTED, scrubText } from './scrub-text.ts';

// Names are compared without case, `_` and `-`, and by their end, so `api_key`, `stripeApiKey` and `X-Api-Key` are one.
const SECRET_NAME = new RegExp(
  [
    ...[
      'authorization',
      'cookie',
      'apikey',
      'masterkey',
      'privatekey',
      'signature',
      'credentials?',
      'tokens?',
      'secrets?',
    ],
    ...[
      'password',
      'passwd',
      'passphrase',
      'cardnumber',
      'accountnumber',
      'iban',
      'cvc',
      'cvv',
      '^pan',
      '^body',
      'rawbody',
      '^html',
    ],
  ]
    .map((name) => `${name}$`)
    .join('|'),
);
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;

/**
 * A copy that is safe to log: values under secret names and secrets inside any text are replaced; bytes are counted, not shown;
 * bigint becomes text; errors become `{ type, message, stack, code, internal, cause }`; depth and breadth are bounded. Values that
 * know how to present themselves (`toJSON`) do so first.
 */
export function scrub(value: unknown): unknown {
  return scrubValue(value, 0, new Set());
}

function scrubValue(value: unknown, depth: number, parents: ReadonlySet<object>): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value === 'bigint') return scrubText(value.toString());
  if (typeof value === 'number') return scrubNumber(value);
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (parents.has(value)) return '[circular]';
  return scrubObject(value, depth + 1, new Set([...parents, value]));
}

function scrubObject(value: object, depth: number, parents: ReadonlySet<object>): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${String(value.byteLength)} bytes]`;
  if (value instanceof Error) return scrubEntries(errorEntries(value), depth, parents);
  if (value instanceof URL || value instanceof RegExp || value instanceof URLSearchParams)
    return scrubText(String(value));
  if (value instanceof Map || value instanceof Headers) return scrubEntries([...value.entries()], depth, parents);
  if (Array.isArray(value) || value instanceof Set) return scrubItems([...value], depth, parents);
  if (presentsItself(value)) return scrubValue(value.toJSON(), depth, parents);
  return scrubEntries(Object.entries(value), depth, parents);
}

function scrubItems(items: readonly unknown[], depth: number, parents: ReadonlySet<object>): unknown[] {
  const kept = items.slice(0, MAX_ITEMS).map((item) => scrubValue(item, depth, parents));
  return items.length > MAX_ITEMS ? [...kept, `[${String(items.length - MAX_ITEMS)} more]`] : kept;
}

function scrubEntries(
  entries: readonly (readonly [unknown, unknown])[],
  depth: number,
  parents: ReadonlySet<object>,
): unknown {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of entries.slice(0, MAX_ITEMS)) {
    const key = keyOf(name);
    clean[scrubText(key)] = isSecretName(key) && isPresent(value) ? REDACTED : scrubValue(value, depth, parents);
  }
  return clean;
}

/** The key of a Map may be anything, also an object that cannot be turned into text. */
function keyOf(name: unknown): string {
  const isObject = (typeof name === 'object' && name !== null) || typeof name === 'function';
  return isObject ? Object.prototype.toString.call(name) : String(name);
}

function errorEntries(error: Error): (readonly [string, unknown])[] {
  const { name, message, stack, cause } = error;
  const own = Object.entries(error).filter(([key]) => key !== 'name');
  const entries: (readonly [string, unknown])[] = [['type', name], ['message', message], ['stack', stack], ...own];
  return cause === undefined ? entries : [...entries, ['cause', cause]];
}

function presentsItself(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replaceAll(/[_-]/g, ''));
}

/** Whether a secret is set may be logged; null and undefined give nothing away. */
function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function scrubNumber(value: number): unknown {
  const text = String(value);
  const clean = scrubText(text);
  return clean === text ? value : clean;
}
