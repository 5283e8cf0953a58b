/** ClickHouse's text for an instant, in UTC to the millisecond: what `DateTime64(3, 'UTC')` columns and parameters take. */
export function toClickHouseTime(instant: Date): string {
  return instant.toISOString().replace('T', ' ').replace('Z', '');
}

/** The instant behind the text ClickHouse prints for a `DateTime64(3, 'UTC')`. */
export function fromClickHouseTime(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}Z`);
}
