/** Starting a program that needs a secret, such as an MCP server over stdio. */
import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { isObject } from './arguments.js';
import { StrongroomError } from './errors.js';

/** What to start, and how it is told the secret. */
export interface SpawnRequest {
  /** A program: a path, or a name that is looked up in PATH. No shell. */
  command: string;
  args?: readonly string[];
  /** Added to what is inherited (`INHERITED`); none of it may contain the secret. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** In the environment variable `name`; or as one line on standard input, which stays open. */
  auth: { type: 'env'; name: string } | { type: 'stdin' };
}

/**
 * What a child gets of this process's environment: what programs need to find files, speak a language and reach the
 * session, and no other variable, since some app keeps its own credentials there. `LC_*` besides.
 */
export const INHERITED: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LANGUAGE',
  'TERM',
  'TMPDIR',
  'TZ',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_RUNTIME_DIR',
  'XDG_STATE_HOME',
];

/**
 * Programs that would make arguments of a variable, where every process of the machine can read them, and those that
 * start another program. A precaution against an oversight, and no wall: any program can do the same.
 */
const SHELLS =
  /^(?:(?:ba|da|z|k|mk|pdk|c|tc|fi|a|ya|rba|rz|rk)?sh|busybox|cmd|powershell|pwsh|nu|xonsh|elvish|env|nice|nohup|xargs|setsid|timeout|sudo|doas|stdbuf|ionice|chroot|unshare|script|expect|watch|parallel|find)(?:\.exe)?$/i;

/** Variables by which a program finds its code, its helpers or whom it trusts: a secret is none of it. */
const LOADER =
  /^(?:LD_|DYLD_|NODE_|PYTHON|PERL|RUBY|JAVA_|BASH_|GCONV_PATH$|IFS$|ENV$|SHELLOPTS$|GIT_SSH|(?:GIT|SSH)_ASKPASS$|EDITOR$|VISUAL$|PAGER$|BROWSER$|SSL_CERT_|CURL_CA_BUNDLE$|REQUESTS_CA_BUNDLE$|.*_PROXY$)/i;

const MEMBERS = ['command', 'args', 'env', 'cwd', 'auth'];

function refuse(path: string, code: string, message: string): never {
  throw new StrongroomError('INVALID_REQUEST', `the program is not started: ${path}: ${message}`, {
    issues: [{ path, code, message }],
  });
}

/** Text that a program can be given, and that does not hold the secret, if there is one yet. */
function checkText(path: string, value: unknown, secret?: Buffer): asserts value is string {
  if (typeof value !== 'string') refuse(path, 'type', 'must be text');
  if (value.includes('\0')) refuse(path, 'nul', 'has a NUL');
  if (secret !== undefined && Buffer.from(value).includes(secret)) {
    refuse(path, 'secret', 'contains the secret, which others could read there');
  }
}

function pointer(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The child's environment, without the secret. */
function environmentOf(request: Omit<SpawnRequest, 'auth'>, secret?: Buffer): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (INHERITED.includes(name) || name.startsWith('LC_'))) env[name] = value;
  }
  for (const [name, value] of Object.entries(request.env ?? {})) {
    const path = pointer('/env', name);
    if (name === '' || /[=\0]/.test(name)) refuse('/env', 'name', 'has a name that no variable can have');
    if (secret !== undefined && Buffer.from(name).includes(secret))
      refuse('/env', 'secret', 'has a name that contains the secret');
    checkText(path, value, secret);
    env[name] = value;
  }
  return env;
}

/** Checks how the secret is passed on, and gives it as text where that is a variable. */
function checkAuth(request: SpawnRequest, secret: Buffer): string {
  const { auth } = request;
  const text = secret.toString('utf8');
  if (secret.length === 0) refuse('/auth', 'secret', 'the secret is empty');
  if (auth?.type === 'env') {
    if (typeof auth.name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(auth.name)) {
      refuse('/auth/name', 'name', 'is not the name of a variable');
    }
    if (INHERITED.includes(auth.name) || auth.name.startsWith('LC_') || LOADER.test(auth.name)) {
      refuse('/auth/name', 'name', 'is a variable that has another meaning');
    }
    if (Object.hasOwn(request.env ?? {}, auth.name)) refuse('/auth/name', 'twice', 'is given in env too');
    if (secret.includes(0) || !Buffer.from(text).equals(secret)) {
      refuse('/auth', 'secret', 'the secret is no text that a variable can hold');
    }
  } else if (auth?.type === 'stdin') {
    if (/[\r\n\0]/.test(text)) refuse('/auth', 'secret', 'the secret is more than a line');
  } else {
    refuse('/auth', 'type', 'must be env or stdin');
  }
  return text;
}

/**
 * Checks the program, as far as that goes without the secret, or all of it with the secret. Gives the environment that it
 * is started with, which does not hold the secret.
 */
export function checkProgram(request: Omit<SpawnRequest, 'auth'>, secret?: Buffer): NodeJS.ProcessEnv {
  if (!isObject(request)) refuse('', 'type', 'must be an object');
  for (const member of Object.keys(request)) {
    // Options of child_process.spawn, above all `shell`, are not for whoever fills in the request.
    if (!MEMBERS.includes(member)) refuse(pointer('', member), 'unknown', 'is not known');
  }
  checkText('/command', request.command, secret);
  if (request.command === '') refuse('/command', 'required', 'is empty');
  if (SHELLS.test(basename(request.command))) {
    refuse('/command', 'shell', 'is a shell, which could turn the secret into an argument');
  }
  const args = request.args ?? [];
  if (!Array.isArray(args)) refuse('/args', 'type', 'must be a list');
  for (const [index, argument] of args.entries()) checkText(pointer('/args', index), argument, secret);
  if (request.cwd !== undefined) checkText('/cwd', request.cwd, secret);
  return environmentOf(request, secret);
}

/**
 * Starts `request.command` with the secret in its environment or on its standard input, and in no other place: never among
 * the arguments, which every user of the machine can read. The caller wipes `secret` when this returns. What the child's
 * environment holds, processes of the same user can read (`/proc/<pid>/environ`), and the string that carries it there
 * cannot be wiped: prefer `stdin` where the program knows it.
 *
 * `stdio` is three pipes. `signal` ends the child with SIGTERM. A program that cannot be started is told of by the child's
 * `error` event, as with `child_process.spawn`.
 *
 * Throws a StrongroomError: `INVALID_REQUEST` for text that has a NUL or contains the secret, a shell, a variable that is
 * none or means something else, and a secret that has no place there; `CANCELLED` if `signal` has been given already.
 *
 * @example
 * const child = spawnWithSecret({ command: 'mcp-server', auth: { type: 'env', name: 'API_TOKEN' } }, secret);
 */
export function spawnWithSecret(request: SpawnRequest, secret: Buffer, signal?: AbortSignal): ChildProcess {
  const text = checkAuth(request, secret);
  const env = checkProgram(request, secret);
  if (request.auth.type === 'env') env[request.auth.name] = text;
  if (signal?.aborted) throw new StrongroomError('CANCELLED', 'the program was not started');

  const child: ChildProcess = spawn(request.command, [...(request.args ?? [])], {
    cwd: request.cwd,
    env,
    shell: false,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const end = (): void => {
    child.kill();
  };
  signal?.addEventListener('abort', end, { once: true });
  child.once('close', () => signal?.removeEventListener('abort', end));
  // A child that ends before it has read is no failure of this process; its end says so itself.
  child.stdin?.on('error', () => {});
  if (request.auth.type === 'stdin') {
    const line = Buffer.concat([secret, Buffer.from('\n')]);
    child.stdin?.write(line, () => line.fill(0));
  }
  return child;
}
