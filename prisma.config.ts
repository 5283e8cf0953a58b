import { defineConfig } from 'prisma/config';

// Read by the Prisma command line only (`prisma generate`, and `prisma migrate deploy` where its engine can be downloaded).
// The product itself migrates through prisma/migrate.ts, which needs no download.
export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://localhost:5432/oppulence' },
});
