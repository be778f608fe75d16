/** What the core tells its listeners and, on `strongroom:event`, the pages: metadata only. */
import * as z from 'zod';
import { STORE_STATES } from './status.js';
import { text } from './text.js';

export const changedEvent = z.strictObject({
  type: z.literal('changed'),
  entity: z.enum(['secret', 'provider', 'connection', 'grant', 'audit']),
  id: text(0, 255),
  change: z.enum(['created', 'updated', 'deleted']),
});

export const lockEvent = z.strictObject({ type: z.literal('lock'), state: z.enum(STORE_STATES) });

export const strongroomEvent = z.discriminatedUnion('type', [changedEvent, lockEvent]);

/** Something was created, changed or deleted, in this process or another one. */
export type ChangedEvent = z.infer<typeof changedEvent>;
/** The store was locked or unlocked. */
export type LockEvent = z.infer<typeof lockEvent>;
export type StrongroomEvent = z.infer<typeof strongroomEvent>;
