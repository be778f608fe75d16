/** Running one job after the other, so that one that fails does not take along what the others found. */

/** Runs every job; resolves with the names of those that failed, which `say` was told the reasons of. */
export async function runEach<Name extends string>(
  jobs: readonly (readonly [Name, () => Promise<void>])[],
  say: (text: string) => void,
): Promise<Name[]> {
  const failed: Name[] = [];
  for (const [name, job] of jobs) {
    try {
      await job();
    } catch (error) {
      say(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
      failed.push(name);
    }
  }
  return failed;
}
