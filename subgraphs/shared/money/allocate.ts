/**
 * The parts add up to the total exactly. Minor units of one currency; a negative amount (a credit) splits as its mirror image.
 * What division leaves over goes to the largest remainders, and between equals to the earlier part.
 * @throws {RangeError} for a negative weight, or when all weights are zero.
 */
export function allocate(totalMinor: bigint, weights: readonly bigint[]): bigint[] {
  if (weights.some((weight) => weight < 0n)) throw new RangeError('a weight is negative');
  const sum = weights.reduce((a, b) => a + b, 0n);
  if (sum === 0n) throw new RangeError('all weights are zero: there is nobody to give the amount to');
  if (totalMinor < 0n) return allocate(-totalMinor, weights).map((part) => -part);

  const shares = weights.map((weight, index) => ({
    index,
    part: (totalMinor * weight) / sum,
    remainder: (totalMinor * weight) % sum,
  }));
  let left = totalMinor - shares.reduce((a, { part }) => a + part, 0n); // less than the number of non-zero remainders
  for (const share of shares.toSorted(byLargestRemainder)) {
    if (left === 0n) break;
    share.part += 1n;
    left -= 1n;
  }
  return shares.map(({ part }) => part);
}

interface Share {
  readonly index: number;
  readonly remainder: bigint;
}

function byLargestRemainder(a: Share, b: Share): number {
  if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
  return a.index - b.index;
}
