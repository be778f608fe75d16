/**
 * A desktop session of the test's own: a private D-Bus session bus with a real gnome-keyring-daemon, in a temporary
 * HOME, without display or terminal. What is under test runs in a child process with `env`.
 *
 * Nobody sits at this session: the prompter that the keyring asks for is a script that notes that it was started, and
 * ends. So a prompt can be counted, and is never answered.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterwards, type Scope, temporaryDir } from './directory.js';
import { type Finished, linesOf, run, start, stop } from './process.js';

const SERVICE = 'org.freedesktop.secrets';
const ROOT = '/org/freedesktop/secrets';

export interface PrivateKeyring {
  /** The environment of a process in this session. */
  readonly env: NodeJS.ProcessEnv;
  /** Locks the default collection. */
  lock(): Promise<void>;
  /** Unlocks it with its password, without a prompt. */
  unlock(): Promise<void>;
  /** Ends the daemon; the bus goes on. */
  stop(): Promise<void>;
  /** Ends the daemon and starts it anew, unlocked. */
  restart(): Promise<void>;
  /** How often somebody asked for a prompt. */
  prompts(): number;
  /** Runs secret-tool in this session. */
  secretTool(args: readonly string[], input?: string): Promise<Finished>;
}

/** The environment of a process without a session bus, in an empty HOME. */
export function withoutBus(scope: Scope): NodeJS.ProcessEnv {
  const dir = temporaryDir(scope);
  return { ...sessionEnv(dir), DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(dir, 'run', 'no-bus')}` };
}

function sessionEnv(dir: string): NodeJS.ProcessEnv {
  for (const name of ['home', 'run']) mkdirSync(join(dir, name), { mode: 0o700 });
  const home = join(dir, 'home');
  return {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: join(dir, 'run'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    LC_ALL: 'C.UTF-8',
  };
}

export async function privateKeyring(scope: Scope): Promise<PrivateKeyring> {
  const dir = temporaryDir(scope);
  const address = `unix:path=${join(dir, 'run', 'bus')}`;
  const env = { ...sessionEnv(dir), DBUS_SESSION_BUS_ADDRESS: address };
  const password = randomBytes(16).toString('hex');

  const prompted = join(dir, 'prompted');
  const prompter = join(dir, 'prompter');
  writeFileSync(prompter, `#!/bin/sh\necho >>'${prompted}'\nexit 1\n`);
  chmodSync(prompter, 0o755);
  mkdirSync(join(dir, 'services'));
  writeFileSync(
    join(dir, 'services', 'org.gnome.keyring.SystemPrompter.service'),
    `[D-BUS Service]\nName=org.gnome.keyring.SystemPrompter\nExec=${prompter}\n`,
  );
  writeFileSync(
    join(dir, 'bus.conf'),
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
      "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig><type>session</type><listen>${address}</listen><servicedir>${join(dir, 'services')}</servicedir>
    <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
    </policy></busconfig>\n`,
  );

  // What a service of the session has started and left behind.
  afterwards(scope, () => killProcessesOf(address));
  const bus = start(
    scope,
    // It ends with this process, also if that is killed; and the daemon ends with its bus.
    'setpriv',
    [
      '--pdeathsig=KILL',
      '--',
      'dbus-daemon',
      '--nofork',
      '--nopidfile',
      '--print-address=1',
      `--config-file=${dir}/bus.conf`,
    ],
    {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const announced = await linesOf(bus.stdout).next();
  if (announced.done) throw new Error('dbus-daemon did not start');

  const gdbus = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run('gdbus', args, { env });
    if (code !== 0) throw new Error(`gdbus ${args.join(' ')}: ${stderr.toString()}`);
    return stdout.toString();
  };
  const call = (object: string, method: string, ...args: string[]): Promise<string> =>
    gdbus('call', '--session', '--dest', SERVICE, '--object-path', object, '--method', method, ...args);

  let daemon: ChildProcess;
  const startDaemon = async (): Promise<void> => {
    // "--unlock" makes the login collection with this password, or opens it.
    daemon = start(scope, 'gnome-keyring-daemon', ['--foreground', '--components=secrets', '--unlock'], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    daemon.stdin?.end(password);
    await gdbus('wait', '--session', '--timeout', '30', SERVICE);
  };
  await startDaemon();

  return {
    env,
    async lock() {
      const alias = await call(ROOT, 'org.freedesktop.Secret.Service.ReadAlias', 'default');
      const path = /'(\/[^']+)'/.exec(alias)?.[1];
      if (path === undefined || path === '/') throw new Error('there is no default collection');
      await call(ROOT, 'org.freedesktop.Secret.Service.Lock', `['${path}']`);
    },
    unlock: () => unlockThrough(join(dir, 'run', 'keyring', 'control'), password),
    stop: () => stop(daemon),
    async restart() {
      await stop(daemon);
      rmSync(join(dir, 'run', 'keyring'), { recursive: true, force: true });
      await startDaemon();
    },
    prompts: () => (existsSync(prompted) ? readFileSync(prompted, 'utf8').length : 0),
    secretTool: (args, input) => run('secret-tool', args, input === undefined ? { env } : { env, input }),
  };
}

/**
 * Unlocks the login collection as PAM does at a login: through the daemon's control socket. A message is its length,
 * an operation (1: unlock) and the password; the answer is its length and a result (0: done).
 */
async function unlockThrough(path: string, password: string): Promise<void> {
  const text = Buffer.from(password, 'utf8');
  const message = Buffer.alloc(13 + text.length); // begins with a zero byte, for the credentials of the sender
  message.writeUInt32BE(message.length - 1, 1);
  message.writeUInt32BE(1, 5);
  message.writeUInt32BE(text.length, 9);
  text.copy(message, 13);
  const socket = connect(path);
  socket.write(message);
  const answer = Buffer.concat(await socket.toArray());
  if (answer.length !== 8 || answer.readUInt32BE(4) !== 0) throw new Error('the keyring was not unlocked');
}

/** Kills every process whose environment mentions `text`. */
function killProcessesOf(text: string): void {
  const pids = execFileSync('sh', ['-c', `grep -lsF -- "$1" /proc/[0-9]*/environ || true`, 'sh', text], {
    encoding: 'utf8',
  });
  for (const [, pid] of pids.matchAll(/\/proc\/(\d+)\/environ/g)) {
    if (Number(pid) === process.pid) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // it has ended by itself
    }
  }
}
