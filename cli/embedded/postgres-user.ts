import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

// PostgreSQL refuses to run as root. Started by root (in a container, usually) it runs as another user of the machine.

export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** How to start a PostgreSQL program: `command` and `args` go in front of the program's own path and arguments. */
export interface RunAs {
  readonly identity: Identity | null;
  readonly wrap: (program: string, args: readonly string[]) => { command: string; args: string[] };
}

const AS_OURSELVES: RunAs = { identity: null, wrap: (command, args) => ({ command, args: [...args] }) };

/** @param clusterDir an existing cluster keeps its owner; `folders` are those that the server must be able to reach. */
export function chooseUser(clusterDir: string, folders: readonly string[]): RunAs {
  if (process.getuid?.() !== 0) return AS_OURSELVES;
  const identity = existsSync(clusterDir) ? ownerOf(clusterDir) : unprivilegedUser();
  const blocked = folders.map((folder) => firstUnreachable(folder, identity)).find((folder) => folder !== null);
  if (blocked === undefined) return { identity, wrap: AS_OURSELVES.wrap };
  return throughSetpriv(identity, blocked);
}

function ownerOf(dir: string): Identity {
  const { uid, gid } = statSync(dir);
  return uid === 0 ? unprivilegedUser() : { uid, gid };
}

function unprivilegedUser(): Identity {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (user === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and this machine has no user "postgres" or "nobody" to run it as. Start Oppulence as an ordinary user.',
    );
  }
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** The first folder on the way to `target` that the user may not pass, such as /root or a folder made by mktemp. */
function firstUnreachable(target: string, { uid, gid }: Identity): string | null {
  for (let dir = path.resolve(target); ; dir = path.dirname(dir)) {
    if (existsSync(dir)) {
      const stat = statSync(dir);
      const bit = stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001;
      if (stat.isDirectory() && (stat.mode & bit) === 0) return dir;
    }
    if (dir === path.dirname(dir)) return null;
  }
}

/**
 * Root may pass every folder because of one capability, so the server is given just that one: it is still not root, which
 * is all that PostgreSQL asks for, and can do nothing that whoever started it could not.
 */
function throughSetpriv(identity: Identity, blocked: string): RunAs {
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find(isExecutable);
  const prefix = [
    `--reuid=${String(identity.uid)}`,
    `--regid=${String(identity.gid)}`,
    '--clear-groups',
    // Without this bit, access(2) would look away from the capability.
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--',
  ];
  if (setpriv === undefined || !works(setpriv, prefix, blocked)) {
    throw new Error(
      `PostgreSQL does not run as root, and the user it would run as may not enter ${blocked}. ` +
        `Start Oppulence as an ordinary user, or from a folder that every user may enter (chmod o+x ${blocked}).`,
    );
  }
  return { identity, wrap: (program, args) => ({ command: setpriv, args: [...prefix, program, ...args] }) };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function works(setpriv: string, prefix: readonly string[], blocked: string): boolean {
  try {
    execFileSync(setpriv, [...prefix, 'test', '-x', blocked], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
