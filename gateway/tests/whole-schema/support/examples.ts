import { createHmac } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { getNamedType, type GraphQLInputType, isInputObjectType } from 'graphql';
import { ROOT } from './api-schema.ts';

export type Input = Record<string, unknown>;

const camelCase = (kebab: string): string =>
  kebab.replaceAll(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());

/** Every mutation's published example, by the mutation's name, as the file beside it exports it; undefined where it exports none. */
export async function mutationExamples(): Promise<ReadonlyMap<string, Input | undefined>> {
  const examples = new Map<string, Input | undefined>();
  const subgraphs = path.join(ROOT, 'subgraphs');
  for (const domain of readdirSync(subgraphs)) {
    const folder = path.join(subgraphs, domain, 'schema', 'mutations');
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder).filter((name) => /^[a-z-]+\.ts$/.test(name))) {
      const { example } = (await import(path.join(folder, file))) as { example?: { input?: Input } };
      examples.set(camelCase(path.basename(file, '.ts')), example?.input);
    }
  }
  return examples;
}

/** A webhook endpoint: the last part of its URL and what is signed with. */
export interface Endpoint {
  readonly path: string;
  readonly secret: string;
}

/** What the placeholders of an example become. */
export interface Filling {
  /** A real id with this prefix. */
  id(prefix: string): string;
  /** Every instant; the examples' own will have passed one day. */
  readonly instant: string;
  readonly endpoint: Endpoint | null;
}

const ID = /^([a-z]+)_[0-9A-Za-z]{20}$/;
const ENDPOINT = /^whe_[\w-]{30,}$/;
const SIGNATURE = /^t=\d+,v1=/;
const isEvent = (value: unknown): value is string => typeof value === 'string' && value.startsWith('{"');
const otherText = (text: string): string => (text.startsWith('{"') ? `${text} ` : `${text}x`);

export const idPrefixes = (input: Input): string[] =>
  [...JSON.stringify(input).matchAll(/"([a-z]+)_[0-9A-Za-z]{20}"/g)].map((match) => match[1] ?? '');

/** The example with real ids, instants ahead, and signatures made with the endpoint's secret. */
export function filled(type: GraphQLInputType, example: Input, filling: Filling): Input {
  const payload = Object.values(example).find(isEvent);
  const fill = (as: GraphQLInputType | undefined, value: unknown): unknown => {
    const named = as && getNamedType(as);
    if (Array.isArray(value)) return value.map((item) => fill(named, item));
    if (typeof value === 'object' && value !== null) {
      const fields = isInputObjectType(named) ? named.getFields() : {};
      return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, fill(fields[name]?.type, held)]));
    }
    if (typeof value !== 'string') return value;
    if (named?.name === 'DateTime') return filling.instant;
    if (filling.endpoint && ENDPOINT.test(value)) return filling.endpoint.path;
    if (filling.endpoint && SIGNATURE.test(value)) return stripeSignature(payload ?? '', filling.endpoint.secret);
    const prefix = ID.exec(value)?.[1];
    return prefix === undefined ? value : filling.id(prefix);
  };
  return fill(type, example) as Input;
}

export function stripeSignature(body: string, secret: string, at = new Date()): string {
  const t = Math.floor(at.getTime() / 1000);
  return `t=${String(t)},v1=${createHmac('sha256', secret)
    .update(`${String(t)}.${body}`)
    .digest('hex')}`;
}

/** Another request of the same shape: some text in it differs. Undefined when it has no text to differ in but ids and instants. */
export function varied(example: Input): Input | undefined {
  const placeholder = (text: string): boolean =>
    ID.test(text) || ENDPOINT.test(text) || SIGNATURE.test(text) || /^[A-Z_]+$/.test(text) || /^\d{4}-\d\d-/.test(text);
  for (const [name, value] of Object.entries(example)) {
    if (typeof value === 'string' && !placeholder(value)) return { ...example, [name]: otherText(value) };
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const inner = varied(value as Input);
      if (inner) return { ...example, [name]: inner };
    }
  }
  return undefined;
}

/** The example with every text emptied: nothing that any verb would accept. */
export function emptied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(emptied);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, emptied(held)]));
  return typeof value === 'string' && !/^[A-Z_]+$|^\d{4}-\d\d-/.test(value) ? '' : value;
}

/** What in an input would let its reader act as somebody or sign for somebody. */
export function secretsIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(secretsIn);
  if (typeof value !== 'string') return [];
  return [...value.matchAll(/\b(?:(?:sk|rk|op)_(?:live|test)|whsec|whe)_([\w-]{8,})|\bv1=([0-9a-f]{16,})/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
}
