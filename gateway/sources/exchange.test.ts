import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { Pool } from 'undici';
import { until } from '../tests/support/gateway.ts';
import { Exchange } from './exchange.ts';
import type { AddressInfo } from 'node:net';

const asked: string[] = [];
const waiting: ServerResponse[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  if (request.url === '/wait') return void waiting.push(response);
  response.writeHead(request.url === '/none' ? 204 : 200);
  if (request.url === '/none') return void response.end();
  response.write(Buffer.from('ä').subarray(0, 1)); // a letter in two pieces
  setTimeout(() => response.end(Buffer.from('äb').subarray(1)), 20);
});
let pool: Pool;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  pool = new Pool(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, {
    connections: 1,
    pipelining: 1,
  });
});

afterAll(async () => {
  await pool.destroy();
  server.close();
});

const exchange = (path: string): Exchange => new Exchange(pool, { method: 'GET', path });

it('gives the whole body, in however many pieces it comes', async () => {
  await expect(exchange('/').answer).resolves.toEqual({ status: 200, body: 'äb' });
  await expect(exchange('/none').answer).resolves.toEqual({ status: 204, body: '' });
});

it('is broken off at once while it waits for a connection, and is never sent', async () => {
  const first = exchange('/wait');
  const second = exchange('/second');
  await until(() => waiting.length === 1, 'it has arrived');
  second.breakOff(new Error('late'));
  await expect(second.answer).rejects.toThrow('late');
  waiting.pop()?.end('now');
  await expect(first.answer).resolves.toEqual({ status: 200, body: 'now' });
  await expect(exchange('/').answer).resolves.toMatchObject({ status: 200 });
  expect(asked).not.toContain('/second');
});

it('is broken off under way, with its connection; the next one has another', async () => {
  const gone = exchange('/wait');
  await until(() => waiting.length === 1, 'it has arrived');
  const closed = once(waiting.pop()!, 'close');
  gone.breakOff(new Error('gone'));
  await expect(gone.answer).rejects.toThrow('gone');
  await closed;
  await expect(exchange('/').answer).resolves.toMatchObject({ status: 200 });
});
