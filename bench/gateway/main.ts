import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { machine } from '../support/machine.ts';
import { figure, table } from '../support/numbers.ts';
import { bundled } from '../support/product.ts';
import { ROOT } from '../support/root.ts';
import { Cleanup } from '../support/scratch.ts';
import { freePort } from '../support/server.ts';
import { benchTools } from '../support/tools.ts';

/*
 * The gateway against two others on the same federated fixture: CPU per request, which says more than requests a second where driver, subgraphs and
 * gateway share a machine. The others run as they come, so ours does too; what it does to a request beside (keys, limits, masking, logs) is
 * measured against itself. Each pair runs in alternating rounds, and answers are compared first.
 */

const { values: options } = parseArgs({
  options: {
    tools: { type: 'string' },
    peers: { type: 'string', default: 'apollo-bare,hive-rust' },
    only: { type: 'string', default: 'point,two-hop,three-hop,dashboard,heavy' },
    /** Many short ones: a machine that is shared changes its speed from one second to the next, by half. */
    rounds: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '0.5' },
    json: { type: 'string' },
  },
});

/** CPU per request of the peer by ours: at least this. */
const GOALS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'apollo-bare': { point: 2.4, 'two-hop': 2.4, 'three-hop': 2.4, dashboard: 2, heavy: 1.5 },
  'hive-rust': { point: 0.9, 'two-hop': 0.9, 'three-hop': 0.9, dashboard: 0.9, heavy: 0.9 },
};
/** What everything that ours does to a request beside may cost. */
const MORE_MS_AT_MOST = 0.1;
const TOKEN = 'op_test_bench';

interface Row {
  workload: string;
  a: { name: string; cpuMsPerReq: number; rps: number };
  b: { name: string; cpuMsPerReq: number; rps: number };
  rpsRatio: { median: number };
  cpuRatio: { median: number; min: number; max: number };
}

const run = promisify(execFile);
const cleanup = new Cleanup();
try {
  const tools = installed(benchTools('gateway', options.tools));
  const scratch = cleanup.folder('bench-gateway');
  const supergraph = path.join(tools, 'fixture/supergraph.graphql');
  start(1, ['fixture/serve.mjs'], { cwd: tools, log: path.join(scratch, 'fixture.log') });
  const ours = async (program: string): Promise<{ url: string }> =>
    gateway([bundled(`bench/gateway/${program}.ts`), supergraph], {
      cwd: ROOT,
      log: path.join(scratch, `${program}.log`),
      env: { TOKEN },
    });
  const plain = await ours('serve-plain');
  const whole = await ours('serve');
  const pairs: [string, Row[]][] = [];
  for (const peer of options.peers.split(',')) {
    const rust = peer === 'hive-rust';
    const file = `peers/${peer === 'hive-rust' ? 'hive' : peer}.mjs`;
    const other = await gateway([file, supergraph], {
      cwd: tools,
      log: path.join(scratch, `${peer}.log`),
      env: rust ? { RUST: '1' } : {},
    });
    pairs.push([peer, await drive(tools, `${peer}=${other.url}`, `ours-plain=${plain.url}`, scratch)]);
    other.process.kill('SIGKILL'); // One of them does not leave when it is asked to.
  }
  const added = await drive(tools, `ours-plain=${plain.url}`, `ours=${whole.url}`, scratch);
  report(pairs, added);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ pairs, added }, null, 2)}\n`);
} finally {
  await cleanup.run();
}

/** The comparison's folder with its packages from npm, once, where it may be written to. */
function installed(tools: string): string {
  const folder = path.join(ROOT, 'node_modules/.cache/oppulence/bench-peers/gateway');
  mkdirSync(folder, { recursive: true });
  cpSync(tools, folder, { recursive: true, filter: (file) => !file.includes('node_modules') });
  if (!existsSync(path.join(folder, 'node_modules/.package-lock.json'))) {
    console.log('Installing the peers from npm, once…');
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return folder;
}

interface Start {
  readonly cwd: string;
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Gateways on one core, and on the other what loads them and what they load. */
function start(core: 0 | 1, args: readonly string[], { cwd, log, env }: Start): ChildProcess {
  const file = openSync(log, 'a');
  const pinned = spawnSync('taskset', ['--version']).status === 0 ? ['taskset', '-c', String(core)] : [];
  const [program = '', ...rest] = [...pinned, process.execPath, ...args];
  const child = spawn(program, rest, {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  cleanup.add(() => void child.kill('SIGKILL'));
  return child;
}

async function gateway(
  [file = '', supergraph = '']: readonly string[],
  how: Start,
): Promise<{ url: string; process: ChildProcess }> {
  const port = await freePort();
  const process = start(0, [file, supergraph, String(port)], how);
  const url = `http://127.0.0.1:${String(port)}/graphql`;
  const deadline = Date.now() + 90_000;
  while (!(await answers(url))) {
    if (process.exitCode !== null || Date.now() > deadline)
      throw new Error(`${file} does not answer:\n${readFileSync(how.log, 'utf8').slice(-2_000)}`);
    await sleep(200);
  }
  return { url, process };
}

async function answers(url: string): Promise<boolean> {
  try {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: '{ customer(id: "c1") { name tier } }' }),
    });
    return (await answer.text()).includes('"Customer 1"');
  } catch {
    return false;
  }
}

async function drive(tools: string, a: string, b: string, scratch: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const workload of options.only.split(',')) {
    const json = path.join(scratch, 'rows.json');
    const args = ['drive.mjs', '--a', a, '--b', b, '--workload', 'workload.json', '--only', workload, '--json', json];
    const settings = [
      '--rounds',
      options.rounds,
      '--seconds',
      options.seconds,
      '--warmup',
      '5',
      '--conns',
      workload === 'heavy' ? '50' : '16',
    ];
    const { stdout } = await run(
      process.execPath,
      [...args, ...settings, '--header', `authorization: Bearer ${TOKEN}`],
      { cwd: tools },
    );
    console.log(stdout.trim().split('\n').slice(0, 4).join('\n'));
    rows.push(...(JSON.parse(readFileSync(json, 'utf8')) as { rows: Row[] }).rows);
  }
  return rows;
}

function report(pairs: readonly (readonly [string, readonly Row[]])[], added: readonly Row[]): void {
  for (const [peer, rows] of pairs) {
    const lines = rows.map(({ workload, a, b, cpuRatio, rpsRatio }) => {
      const goal = GOALS[peer]?.[workload];
      const met = goal === undefined ? '' : cpuRatio.median >= goal ? 'met' : 'missed';
      return [
        workload,
        figure(a.cpuMsPerReq),
        figure(b.cpuMsPerReq),
        `${figure(cpuRatio.median)}x (${figure(cpuRatio.min)} to ${figure(cpuRatio.max)})`,
        `${figure(rpsRatio.median)}x`,
        goal === undefined ? '' : `${figure(goal)}x ${met}`,
      ];
    });
    console.log(
      `\n${table([`against ${peer}`, 'peer CPU ms', 'our CPU ms', 'CPU ratio', 'rps ratio', 'goal'], lines)}`,
    );
  }
  const more = added.map(({ workload, a, b }) => [
    workload,
    figure(a.cpuMsPerReq),
    figure(b.cpuMsPerReq),
    figure(b.cpuMsPerReq - a.cpuMsPerReq),
    figure(MORE_MS_AT_MOST),
  ]);
  console.log(
    `\n${table(['ours', 'plain CPU ms', 'with everything', 'more CPU ms', 'goal, at most'], more)}\n\n${machine()}`,
  );
}
