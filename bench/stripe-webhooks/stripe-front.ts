import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scratch } from '../support/scratch.ts';

export interface StripeFront {
  /** What the product takes for Stripe. */
  readonly url: string;
  /** Of which traffic it is the Stripe from now on. */
  standsBefore(url: string): void;
  /** What was asked and answered since, in order: `GET /v1/invoices?limit=100`. */
  readonly answered: readonly string[];
}

/**
 * In front of the Stripe of the traffic, which knows only the kinds of objects that the traffic has. Lists of others (test clocks, for
 * one, which connecting reads) are empty here, as they would be at Stripe. Everything else passes through.
 */
export async function stripeFront(cleanup: Scratch): Promise<StripeFront> {
  let behind = 'http://127.0.0.1:9';
  const answered: string[] = [];
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? '/', behind);
    const passed = request(
      url,
      { method: incoming.method, headers: { ...incoming.headers, host: url.host } },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('end', () => {
          const body = Buffer.concat(chunks);
          answered.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
          const unknown = reply.statusCode === 404 && body.includes('Unrecognized request URL');
          const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = reply.headers;
          answer.writeHead(unknown ? 200 : (reply.statusCode ?? 502), headers);
          answer.end(unknown ? JSON.stringify({ object: 'list', data: [], has_more: false, url: url.pathname }) : body);
        });
      },
    );
    passed.on('error', () => answer.writeHead(502).end());
    incoming.pipe(passed);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  cleanup.add(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    standsBefore: (url) => {
      behind = url;
      answered.length = 0;
    },
    answered,
  };
}
