/**
 * A share as decimal text with four digits after the point, rounded half to even; null when there is nothing to divide by.
 * Both numbers count the same thing and are not negative.
 */
export function ratioText(part: bigint, whole: bigint): string | null {
  if (whole === 0n) return null;
  const scaled = part * 10_000n;
  const floor = scaled / whole;
  const twiceRest = (scaled % whole) * 2n;
  const up = twiceRest > whole || (twiceRest === whole && floor % 2n === 1n);
  const units = up ? floor + 1n : floor;
  return `${units / 10_000n}.${(units % 10_000n).toString().padStart(4, '0')}`;
}
