import type { DoctorReport } from '../main/index.js';
import type { Command } from './command.js';
import { EXIT } from './failure.js';
import { counted } from './phrases.js';
import { printable } from './terminal.js';

function asText({ dir, checks }: DoctorReport): string {
  const width = Math.max(...checks.map(({ status }) => status.length));
  const lines = [`Store in ${printable(dir)}\n`];
  for (const { title, status, detail, suggestion } of checks) {
    lines.push(`${status.padEnd(width)}  ${printable(title)}: ${printable(detail)}`);
    if (suggestion !== undefined) lines.push(`${' '.repeat(width)}  → ${printable(suggestion)}`);
  }
  const problems = checks.filter(({ status }) => status === 'problem').length;
  lines.push('', problems === 0 ? 'No problem found.' : `${counted(problems, 'problem')} found.`);
  return `${lines.join('\n')}\n`;
}

export const doctor: Command = {
  name: 'doctor',
  args: [],
  summary: 'Look for problems with the store, its key and its log.',
  notes: [
    'Looks at key providers and key slots, schema and permissions, the integrity of the database and the audit log.\n' +
      'Changes nothing and prompts for nothing. Exits with 1 if it found a problem.',
  ],
  options: {},
  async run(context) {
    const { diagnose } = await import('../main/index.js');
    const report = await diagnose(context.roomOptions());
    context.answer(report, () => asText(report));
    return report.checks.some(({ status }) => status === 'problem') ? EXIT.no : EXIT.ok;
  },
};
