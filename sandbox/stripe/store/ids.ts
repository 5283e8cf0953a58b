/** Ids in Stripe's forms: a prefix and random letters. */
import { randomInt } from 'node:crypto';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function letters(count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += LETTERS[randomInt(LETTERS.length)] ?? '';
  return text;
}
/** `cus_` and a few others are short (14 letters), most are long. */
export const shortId = (prefix: string): string => `${prefix}_${letters(14)}`;
export const longId = (prefix: string): string => `${prefix}_1S${letters(22)}`;
