import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, createInflate, gzip } from 'node:zlib';
import { asOneStatement } from './clickhouse-statement.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Engine, Statement } from './chdb-engine.ts';

// The part of ClickHouse's HTTP interface that @clickhouse/client uses, so that the product can't tell chDB from a server.

const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** Parameters of the interface itself, and settings that only a server's HTTP layer or its insert queue knows. */
const NOT_SETTINGS = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'role',
  'user',
  'password',
  'quota_key',
  'compress',
  'decompress',
  'stacktrace',
  'enable_http_compression',
  'wait_end_of_query',
  'send_progress_in_http_headers',
  'buffer_size',
  'http_headers_progress_interval_ms',
  'http_response_buffer_size',
  'http_zlib_compression_level',
  'http_write_exception_in_output_format',
  'cancel_http_readonly_queries_on_client_close',
  // Every insert is synchronous here, which is what wait_for_async_insert promises.
  'async_insert',
  'wait_for_async_insert',
  'async_insert_busy_timeout_ms',
  'async_insert_max_data_size',
]);

const compress = promisify(gzip);

export async function serveClickHouse(engine: Engine, port: number): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(engine, request, response).catch((error: unknown) => {
      fail(response, error);
    });
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

async function answer(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/ping') {
    response.end('Ok.\n');
    return;
  }
  const startedAt = process.hrtime.bigint();
  const body = await readBody(request);
  const { sql, rows } = asOneStatement(url.searchParams.get('query'), body);
  const result = await engine.run(statement(url.searchParams, sql));
  response.setHeader('X-ClickHouse-Query-Id', url.searchParams.get('query_id') ?? '');
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  response.setHeader('X-ClickHouse-Summary', summary(rows, process.hrtime.bigint() - startedAt));
  if (
    url.searchParams.get('enable_http_compression') === '1' &&
    String(request.headers['accept-encoding']).includes('gzip')
  ) {
    response.setHeader('Content-Encoding', 'gzip');
    response.end(await compress(result));
    return;
  }
  response.end(result);
}

function statement(query: URLSearchParams, sql: string): Statement {
  const settings = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const [name, value] of query) {
    if (name.startsWith('param_')) parameters.set(name.slice('param_'.length), value);
    else if (!NOT_SETTINGS.has(name)) settings.set(name, value);
  }
  return {
    sql,
    database: query.get('database'),
    format: query.get('default_format') ?? 'TabSeparated',
    settings,
    parameters,
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(request)) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES)
      throw new Error(
        `Code: 241. DB::Exception: The body is larger than ${String(MAX_BODY_BYTES)} bytes; send it in parts. (MEMORY_LIMIT_EXCEEDED)`,
      );
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function decoded(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return request;
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw new Error(
      `Code: 354. DB::Exception: The embedded ClickHouse reads gzip and deflate, not ${encoding}. (UNKNOWN_COMPRESSION_METHOD)`,
    );
  }
  // An error of either stream reaches the reader through the second.
  return pipeline(request, encoding === 'gzip' ? createGunzip() : createInflate(), () => undefined);
}

function summary(rows: number, elapsedNs: bigint): string {
  const counts = {
    read_rows: '0',
    read_bytes: '0',
    written_rows: String(rows),
    written_bytes: '0',
    total_rows_to_read: '0',
    result_rows: String(rows),
    result_bytes: '0',
  };
  return JSON.stringify({ ...counts, elapsed_ns: String(elapsedNs) });
}

/** The statuses a server answers with; the client goes by the code in the text. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  27: 400,
  36: 400,
  47: 400,
  53: 400,
  62: 400,
  60: 404,
  81: 404,
  115: 404,
  241: 500,
};

function fail(response: ServerResponse, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  const message = text.startsWith('Code: ') ? text : `Code: 1001. DB::Exception: ${text} (STD_EXCEPTION)`;
  const code = /^Code: (\d+)/.exec(message)?.[1] ?? '1001';
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(STATUS_OF_CODE[code] ?? 500, {
    'X-ClickHouse-Exception-Code': code,
    'Content-Type': 'text/plain; charset=UTF-8',
  });
  response.end(`${message}\n`);
}
