import { pendingSql, takeSnapshot, writeMigration } from './snapshot.ts';

// npm run migration:new -- <name>
// Prisma would replay all migrations in a shadow database to find the last state; here that state is kept as a copy of the
// schema files (schema.snapshot/), so that making a migration needs no database.

const HEADER = `-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

`;

async function main(name: string | undefined): Promise<number> {
  if (name === undefined || !/^[a-z][a-z0-9_]{2,60}$/.test(name)) {
    console.error('Name the migration in lower case with underscores: npm run migration:new -- add_invoice_memo');
    return 2;
  }
  const sql = await pendingSql();
  const file = await writeMigration(name, new Date(), HEADER + (sql ?? '-- No table changed.\n'));
  await takeSnapshot();
  console.log(
    `${file}\n${sql === null ? 'No table changed: write the SQL by hand.' : 'Read it, and add what Prisma cannot express.'}`,
  );
  return 0;
}

process.exitCode = await main(process.argv[2]);
