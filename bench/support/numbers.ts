/** The middle of the readings; between two middle ones, the mean. NaN of none. */
export function median(readings: readonly number[]): number {
  const sorted = [...readings].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(half)] ?? NaN)
    : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}

/** `1,304` of a rate, `11.3` of a few milliseconds: three digits that count. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Where the median of many such readings lies with 95 % confidence, whatever their distribution: between two of the readings, by rank. */
export function medianInterval(readings: readonly number[]): readonly [low: number, high: number] {
  const sorted = [...readings].sort((a, b) => a - b);
  const half = 0.98 * Math.sqrt(sorted.length); // 1.96 standard deviations of a coin thrown so often
  const low = sorted[Math.max(0, Math.floor(sorted.length / 2 - half))] ?? NaN;
  const high = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + half) - 1)] ?? NaN;
  return [low, high];
}

/** `median (lowest to highest)` */
export function spread(readings: readonly number[]): string {
  if (readings.length === 0) return '-';
  return `${figure(median(readings))} (${figure(Math.min(...readings))} to ${figure(Math.max(...readings))})`;
}

/** Columns of equal width: the first to the left, figures to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) =>
        column === 0 ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width),
      )
      .join('  ')
      .trimEnd();
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
}
