import { describe, expect, it } from '@jest/globals';
import { asOneStatement } from './clickhouse-statement.ts';

describe('one statement per request', () => {
  it.each([
    ['SELECT 1', 'SELECT 1'],
    ['SELECT 1;', 'SELECT 1'],
    ['SELECT 1 ; -- the end', 'SELECT 1'],
    ['SELECT 1; /* ; */ ;', 'SELECT 1'],
    [
      "SELECT ';', \"a;b\", `c;d`, 'it\\'s; fine', 'it''s; too'",
      "SELECT ';', \"a;b\", `c;d`, 'it\\'s; fine', 'it''s; too'",
    ],
    ['SELECT 1 -- ; not the end\n + 1', 'SELECT 1 -- ; not the end\n + 1'],
    ['SELECT $tag$ ; $tag$', 'SELECT $tag$ ; $tag$'],
  ])('takes %j', (body, sql) => {
    expect(asOneStatement(null, body)).toEqual({ sql, rows: 0 });
  });

  it.each([
    'SELECT 1; SELECT 2',
    "SELECT 'a'; DROP TABLE t",
    'SELECT 1; -- c\nSELECT 2',
    "SELECT 'a\\'; DROP TABLE t; --'; SELECT 1",
  ])('refuses %j', (body) => {
    expect(() => asOneStatement(null, body)).toThrow(/Multi-statements/);
  });

  it('puts the rows of an insert behind it, without the blank lines that would end them', () => {
    const { sql, rows } = asOneStatement('INSERT INTO t (a) FORMAT JSONEachRow', '{"a":1}\n\n{"a":2}\n');
    expect({ sql, rows }).toEqual({ sql: 'INSERT INTO t (a) FORMAT JSONEachRow\n{"a":1}\n{"a":2}\n', rows: 2 });
  });

  it('refuses an insert without rows, as a server does', () => {
    expect(() => asOneStatement('INSERT INTO t FORMAT JSONEachRow', '\n')).toThrow(/NO_DATA_TO_INSERT/);
  });
});
