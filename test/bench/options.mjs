// The command line of `npm run bench`. It is read before anything is installed or built: nothing but Node's own modules.
import { parseOptions, Stop } from '../../js/tools/shell.mjs';

/** @typedef {'use' | 'read' | 'validation' | 'access' | 'page'} Name */

/** @type {readonly Name[]} */
const NAMES = ['use', 'read', 'validation', 'access', 'page'];

export const USAGE = `usage: npm run bench -- [options]

  --only <name>  one of: ${NAMES.join(', ')} (may be given more than once)
  --quick        fewer secrets and connections, and fewer, shorter rounds: to see that it works, not to quote
  --json         the figures as JSON on standard output
  --help         this text
`;

/**
 * What was asked for; a Stop if that makes no sense.
 * @param {string[]} args
 * @returns {{ names: Name[], quick: boolean, json: boolean, help: boolean }}
 */
export function benchOptions(args) {
  const options = {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  };
  const { only, quick, json, help } = parseOptions({ args, options }, USAGE).values;
  const unknown = only?.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Stop(`there is no benchmark ${unknown}\n${USAGE}`, 2);
  return { names: NAMES.filter((name) => only?.includes(name) ?? true), quick, json, help };
}
