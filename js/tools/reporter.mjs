// A reporter for Node's test runner: counts the tests, says which failed and why, and names the files in which at least
// one ran. A file in which none did is reported by the runner as one passed test with the file's name; here that counts
// for nothing.
import path from 'node:path';

/** A reason of more lines than this says nothing more in the summary; the whole of it stands where the test ran. */
const maxReasonLines = 20;

/** What failed, and the beginning of what it said. */
export function withReason(what, lines) {
  return [what, ...lines.slice(0, maxReasonLines).map((text) => `  ${text}`)].join('\n');
}

/** `file: name`, and what the error said. */
function failureOf({ name, file = '', details }) {
  const { error } = details;
  const reason = String(error?.cause?.message ?? error?.cause ?? error?.message ?? error);
  return withReason(`${path.relative('.', file)}: ${name}`, reason.split('\n'));
}

export default async function* count(events) {
  const result = { passed: 0, failed: 0, skipped: 0, ran: [], failures: [] };
  const ran = new Set();
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const isFile = data.file === undefined || path.resolve(data.name) === data.file;
    if (type === 'test:fail') {
      // A suite fails with its tests, which are counted themselves; a file fails alone when it cannot be loaded.
      if (data.details?.type !== 'suite' || data.details.error?.failureType !== 'subtestsFailed') {
        result.failed++;
        result.failures.push(failureOf(data));
      }
    } else if (!isFile && data.details?.type !== 'suite') {
      if (data.skip !== undefined || data.todo !== undefined) result.skipped++;
      else result.passed++;
    }
    if (!isFile && data.file) ran.add(data.file);
  }
  result.ran = [...ran];
  yield JSON.stringify(result);
}
