/** How things are called in the text that a command writes. Nothing here is printable yet, unless it says so. */
import type { AuditOutcome, GrantInfo, Silence } from '../../contracts/index.js';
import { cut, printable } from './terminal.js';

/** "1 grant", "2 grants". */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** Who did something: "extension:acme.mail", or the role alone where that says it all. */
export function who({ role, principalId }: { role: string; principalId: string | null }): string {
  return principalId === null || principalId === role ? role : `${role}:${principalId}`;
}

export function outcomeOf({ outcome, code }: { outcome: AuditOutcome; code: string | null }): string {
  return code === null ? outcome : `${outcome} ${code}`;
}

/** Text of any length, printable, in at most `most` columns. */
export function shortened(text: string, most: number): string {
  return cut(printable(text), most);
}

/** A name with the id that makes it unmistakable, printable. */
export function named(name: string, id: string): string {
  return `${shortened(name, 40)} (${id})`;
}

/** What a person decided: "allow", "deny", or "allow once" with its end. */
export function decisionOf({ decision, lifetime, expiresAt }: GrantInfo): string {
  if (lifetime === 'always') return decision;
  return expiresAt === null ? `${decision} once` : `${decision} once until ${expiresAt}`;
}

export function silenceOf(silence: Silence): string[] {
  return [who(silence), silence.since, silence.until];
}
