/** A page of a list, as Prisma's own words: what the graph's keyset cursors become. `where` joins the list's own conditions. */
export interface Slice {
  readonly where: object;
  readonly orderBy: object[];
  readonly take: number;
}
