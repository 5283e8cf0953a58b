import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { followSupergraphFile, type FollowedFile } from '../supergraph-file.ts';
import { ask, startGateway, until } from './support/gateway.ts';
import { createTestGraph } from './support/subgraphs.ts';

import type { TestGateway } from './support/gateway.ts';

const { supergraphSdl: WHOLE } = createTestGraph();
/** The same graph before one of its fields was thought of. */
const BEFORE = WHOLE.replace(/^ +echo(\([^)]*\))?: .*\n/m, '');
const ECHO = '{ echo(value: "new") }';

let at: TestGateway;
let folder: string;
let file: string;
let followed: FollowedFile;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'oppulence-supergraph-'));
  file = path.join(folder, 'supergraph.graphql');
  writeFileSync(file, BEFORE);
  at = await startGateway({ supergraphSdl: BEFORE });
});
afterEach(async () => {
  await followed.close();
  await at.gateway.close();
  rmSync(folder, { recursive: true });
});

const follow = (): void => {
  followed = followSupergraphFile({ file, gateway: at.gateway, log: at.logger, everyMs: 20 });
};

/** As deployments put a file into its place: never half of it. */
function renameOver(sdl: string): void {
  const next = path.join(folder, 'next');
  writeFileSync(next, sdl);
  renameSync(next, file);
}

const echoes = async (): Promise<boolean> => (await ask(at.url, ECHO)).errors.length === 0;

async function untilEchoes(expected: boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while ((await echoes()) !== expected) if (Date.now() > deadline) throw new Error(`echo: still ${String(!expected)}`);
}

const warned = (what: string): boolean =>
  at.log.some(({ level, message }) => level === 'warn' && message.includes(what));

describe('a supergraph file', () => {
  it('that is renamed over is served from then on, again and again, and fails no request', async () => {
    follow();
    const load = { on: true, answered: 0, failed: [] as unknown[] };
    const driven = ['{ invoices { id customer { name } } }', '{ slow }'].map(async (query) => {
      while (load.on) {
        const { status, errors } = await ask(at.url, query);
        if (status === 200 && errors.length === 0) load.answered += 1;
        else load.failed.push({ status, errors });
      }
    });
    for (const [sdl, known] of [
      [WHOLE, true],
      [BEFORE, false],
      [WHOLE, true],
    ] as const) {
      renameOver(sdl);
      await untilEchoes(known);
    }
    load.on = false;
    await Promise.all(driven);
    expect(load.failed).toEqual([]);
    expect(load.answered).toBeGreaterThan(10);
  }, 40_000);

  it('that can not be loaded is refused, and the next one is served', async () => {
    follow();
    renameOver('type Query {');
    await until(() => warned('could not be loaded'), 'a warning', 10_000);
    expect((await ask(at.url, '{ me }')).errors).toEqual([]);
    renameOver(WHOLE);
    await untilEchoes(true);
  }, 30_000);

  it('that is gone for a while changes nothing until it is back', async () => {
    follow();
    rmSync(file);
    await until(() => warned('could not be read'), 'a warning', 10_000);
    expect((await ask(at.url, '{ me }')).errors).toEqual([]);
    writeFileSync(file, WHOLE);
    await untilEchoes(true);
  }, 30_000);

  it('behind a link is followed to where the link leads now', async () => {
    rmSync(file);
    for (const [version, sdl] of [
      ['1', BEFORE],
      ['2', WHOLE],
    ] as const) {
      mkdirSync(path.join(folder, version));
      writeFileSync(path.join(folder, version, 'supergraph.graphql'), sdl);
    }
    symlinkSync('1', path.join(folder, 'data'));
    symlinkSync('data/supergraph.graphql', file);
    follow();
    expect(await echoes()).toBe(false);
    symlinkSync('2', path.join(folder, 'data-next'));
    renameSync(path.join(folder, 'data-next'), path.join(folder, 'data'));
    await untilEchoes(true);
  }, 30_000);

  it('that was changed before anybody looked is served too', async () => {
    renameOver(WHOLE);
    follow();
    await untilEchoes(true);
  }, 30_000);
});
