import { pendingSql } from './snapshot.ts';

// npm run check:migrations
const sql = await pendingSql();
if (sql === null) {
  console.log('prisma/schema and prisma/migrations agree.');
} else {
  console.error(`prisma/schema has changes that no migration carries. Run: npm run migration:new -- <name>\n\n${sql}`);
  process.exitCode = 1;
}
