/** What a run has found, as data and as a table. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { median, type Result } from './measure.js';

export interface Group {
  name: string;
  title: string;
  /** What one job is. */
  unit: string;
  results: Result[];
}

/** Something that was measured by itself, a few times. */
export interface Figure {
  name: string;
  unit: 'ms' | 's' | 'fps' | '%';
  values: number[];
  /** The most it may be (at `fps` the least), where there is such a goal. */
  goal?: number;
  what?: string;
}

export interface FigureGroup {
  name: string;
  title: string;
  figures: Figure[];
}

export interface Report {
  date: string;
  machine: { cpu: string; cores: number; memoryGiB: number; kernel: string; filesystem: string };
  versions: Record<string, string>;
  settings: Record<string, number | string>;
  groups: Group[];
  figures: FigureGroup[];
  /** The jobs that failed, of which there is nothing or a part. */
  failed: string[];
}

/** The machine, with the type of the file system that `dir` is on. */
export function machineOf(dir: string): Report['machine'] {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()}`,
    filesystem: filesystemOf(dir),
  };
}

/** The type of the mount that holds `dir`, from the kernel's table. */
function filesystemOf(dir: string): string {
  let best = { point: '', type: 'unknown' };
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const point = mount.split(' ')[4] ?? '';
    const below = point === '/' || dir === point || dir.startsWith(`${point}/`);
    if (point && below && point.length >= best.point.length) best = { point, type: source.split(' ')[0] ?? '' };
  }
  return best.type;
}

export function formatTime(ns: number): string {
  const [value, unit] = ns < 1e3 ? [ns, 'ns'] : ns < 1e6 ? [ns / 1e3, 'µs'] : [ns / 1e6, 'ms'];
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}

const formatRatio = (ratio: number) => ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0);

/** Whether the median meets the goal. */
export function meetsGoal({ values, unit, goal }: Figure): boolean {
  if (goal === undefined) return true;
  return unit === 'fps' ? median(values) >= goal : median(values) <= goal;
}

function figureLines({ title, figures }: FigureGroup): string[] {
  const round = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  const rows = figures.map((figure) => {
    const { name, unit, values, goal, what = '' } = figure;
    const range = values.length === 1 ? '' : `(${round(Math.min(...values))} to ${round(Math.max(...values))})`;
    const limit = goal === undefined ? '' : `${unit === 'fps' ? 'at least' : 'at most'} ${goal}: `;
    const verdict = goal === undefined ? '' : meetsGoal(figure) ? 'met' : 'MISSED';
    return [name, `${round(median(values))} ${unit}`, range, limit + verdict, what];
  });
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const [first = 0, second = 0, third = 0, fourth = 0] = widths;
  return [
    '',
    title,
    ...rows.map(([name = '', value = '', range = '', goal = '', what = '']) =>
      `  ${name.padEnd(first)}  ${value.padStart(second)}  ${range.padEnd(third)}  ${goal.padEnd(fourth)}  ${what}`.trimEnd(),
    ),
  ];
}

export function formatReport(report: Report): string {
  const { machine, versions, settings } = report;
  const listed = (record: Record<string, string | number>) =>
    Object.entries(record)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}; store on ${machine.filesystem}`,
    listed(versions),
    listed(settings),
    'Candidates take turns round by round. "times" is the median of (time of this one / time of the first) over the',
    'rounds, with the lowest and the highest: above 1, the first one is that many times as fast.',
  ];
  for (const { title, unit, results } of report.groups) {
    const rows = results.map(({ name, medianNs, perSecond, ratio, ratioLowest, ratioHighest, what }, index) => [
      name,
      formatTime(medianNs),
      Math.round(perSecond).toLocaleString('en'),
      index === 0 ? '1' : `${formatRatio(ratio)} (${formatRatio(ratioLowest)} to ${formatRatio(ratioHighest)})`,
      what,
    ]);
    const table = [['', `one ${unit}`, 'per second', 'times', ''], ...rows];
    const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
    lines.push('', title);
    for (const [name = '', time = '', rate = '', times = '', what = ''] of table) {
      const [nameWidth = 0, timeWidth = 0, rateWidth = 0, timesWidth = 0] = widths;
      lines.push(
        `  ${name.padEnd(nameWidth)}  ${time.padStart(timeWidth)}  ${rate.padStart(rateWidth)}  ${times.padEnd(timesWidth)}  ${what}`.trimEnd(),
      );
    }
  }
  for (const group of report.figures) lines.push(...figureLines(group));
  if (report.failed.length > 0) lines.push('', `NOT COMPLETE, these failed: ${report.failed.join(', ')}`);
  return `${lines.join('\n')}\n`;
}
