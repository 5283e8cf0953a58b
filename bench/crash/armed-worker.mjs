// The built worker process, which in some of its lives is to die at one of the named crash points. Started by the supervisor, which starts it again.
//   BENCH_CRASH_FOLDER  holds `plan.json` ({ worker, points, seed, share }) while the killing goes on, and counts the lives
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { random } from './random.mjs';

const folder = process.env.BENCH_CRASH_FOLDER;
const plan = path.join(folder, 'plan.json');
const lives = path.join(folder, 'lives');
appendFileSync(lives, '.');
const { worker, points, seed, share, stopped } = JSON.parse(readFileSync(plan, 'utf8'));
const chance = random(seed + statSync(lives).size);

process.env.OPPULENCE_TEST_CRASHPOINTS = 'true';
if (!stopped && chance() < share) {
  const name = points[Math.floor(chance() * points.length)];
  process.env.OPPULENCE_CRASHPOINT = `${name}:${String(1 + Math.floor(chance() * 3))}`;
}
await import(worker);
