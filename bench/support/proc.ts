import { readdirSync, readFileSync } from 'node:fs';

/** A process at one moment, from /proc: Linux only. */
export interface ProcessReading {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** Proportional set size in KiB: what it shares with others is counted by shares, so that a sum is what the machine gives. 0 when not to be read. */
  readonly pssKiB: number;
  /** User and system time, also of children that have ended, in seconds. */
  readonly cpuS: number;
}

const TICKS_PER_S = 100; // What Linux shows to programs, whatever the kernel's own clock.

export function processes(): ProcessReading[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => read(Number(name)) ?? []);
}

/** Every process whose command names the folder, and all that those started: PostgreSQL is detached, but its command line says where its data is. */
export function processesOf(folder: string): ProcessReading[] {
  const all = processes();
  const ours = new Set(
    all
      .filter(({ command, pid }) => command.includes(folder) || environment(pid).includes(folder))
      .map(({ pid }) => pid),
  );
  for (let grown = -1; grown !== ours.size;) {
    grown = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
  }
  ours.delete(process.pid);
  return all.filter(({ pid }) => ours.has(pid));
}

function environment(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, 'utf8');
  } catch {
    return '';
  }
}

function read(pid: number): ProcessReading | null {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const command = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')
      .replaceAll('\0', ' ')
      .trim();
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + (fields[field] ?? 0), 0);
    return { pid, parent: fields[1] ?? 0, command, pssKiB: pss(pid), cpuS: ticks / TICKS_PER_S };
  } catch {
    return null; // It has ended meanwhile.
  }
}

/** Time that the children of a process were on a core, in ms: finer than `cpuS`, and of single threads alone, as PostgreSQL's backends are. */
export function onCoreMsOfChildren(parent: number): number {
  const children = readFileSync(`/proc/${String(parent)}/task/${String(parent)}/children`, 'utf8')
    .trim()
    .split(' ');
  return children.reduce((sum, pid) => sum + onCoreMs(pid), 0);
}

function onCoreMs(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return 0; // It has ended meanwhile.
  }
}

function pss(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

interface Mapping {
  /** Null for memory that no file is behind, PostgreSQL's shared memory included. */
  readonly file: string | null;
  readonly pssKiB: number;
  /** As the file has it. */
  readonly cleanKiB: number;
  /** Written to since, and so no longer the file's; forked processes share it. */
  readonly ownKiB: number;
}

/**
 * What these processes would take with nobody else on the machine, in KiB by pid: their proportional set size, but that a library or program
 * which strangers have mapped too (another ClickHouse, another Node) counts in full. Of it, what one of ours has mapped is what is there for all.
 */
export function aloneKiB(pids: readonly number[]): ReadonlyMap<number, number> {
  const mapped = pids.map((pid) => ({ pid, mappings: mappingsOf(pid) }));
  const resident = new Map<string, { most: number; sum: number }>();
  const inFile = mapped.map(({ mappings }) => {
    const sums = new Map<string, number>();
    for (const { file, cleanKiB } of mappings) if (file !== null) sums.set(file, (sums.get(file) ?? 0) + cleanKiB);
    for (const [file, kiB] of sums) {
      const { most, sum } = resident.get(file) ?? { most: 0, sum: 0 };
      resident.set(file, { most: Math.max(most, kiB), sum: sum + kiB });
    }
    return sums;
  });
  return new Map(
    mapped.map(({ pid, mappings }, index) => {
      const own = mappings.reduce((sum, { file, pssKiB, ownKiB }) => sum + (file === null ? pssKiB : ownKiB), 0);
      const shares = [...(inFile[index] ?? [])].map(([file, kiB]) => {
        const { most, sum } = resident.get(file) ?? { most: 0, sum: 0 };
        return sum === 0 ? 0 : (most * kiB) / sum;
      });
      return [pid, shares.reduce((sum, share) => sum + share, own)];
    }),
  );
}

function mappingsOf(pid: number): Mapping[] {
  let smaps: string;
  try {
    smaps = readFileSync(`/proc/${String(pid)}/smaps`, 'utf8');
  } catch {
    return []; // It has ended meanwhile, or belongs to somebody else.
  }
  return smaps.split(/^(?=[\da-f]+-[\da-f]+ )/m).map((mapping) => {
    const [, inode, name = ''] = /^\S+ \S+ \S+ \S+ (\d+)[ \t]*(.*)/.exec(mapping) ?? [];
    const kiB = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(mapping)?.[1] ?? 0);
    const hasFile = inode !== '0' && !/^\/(dev\/(zero|shm)|SYSV|memfd:)/.test(name);
    const [pssKiB, written] = [kiB('Pss'), kiB('Anonymous')];
    const file = hasFile ? name : null;
    return { file, pssKiB, cleanKiB: kiB('Rss') - written, ownKiB: Math.min(written, pssKiB) };
  });
}

/** CPU seconds so far of the product in this folder, by part; web and worker are told where it is, and are found as children of this process. */
export function cpuByPart(folder: string): ReadonlyMap<string, number> {
  const children = processes().filter((each) => each.parent === process.pid && /^(web|worker)$/.test(nameOf(each)));
  const readings = new Map([...processesOf(folder), ...children].map((each) => [each.pid, each]));
  const sums = new Map<string, number>();
  for (const reading of readings.values()) {
    const name = nameOf(reading);
    sums.set(name, (sums.get(name) ?? 0) + reading.cpuS);
  }
  return sums;
}

/** Which part of the product it is, going by its command line. */
export function nameOf({ command }: Pick<ProcessReading, 'command'>): string {
  if (command.includes('postgres')) return 'PostgreSQL';
  const child = /(?:embedded|sandbox)\/(web|worker|main|chdb-server)\.[jt]s/.exec(command)?.[1];
  if (child === 'main') return 'sandbox';
  return child ?? (/cli\/(bin|main)\.m?js/.test(command) ? 'supervisor' : command.slice(0, 60));
}
