/** What the core tells its listeners and, on `strongroom:event`, the pages: metadata only. */
import * as z from 'zod';
import { consentRequest } from './access.js';
import { STORE_STATES } from './status.js';
import { text } from './text.js';

export const changedEvent = z.strictObject({
  type: z.literal('changed'),
  entity: z.enum(['secret', 'provider', 'connection', 'grant', 'consent', 'silence', 'audit']),
  id: text(0, 255),
  change: z.enum(['created', 'updated', 'deleted']),
});

export const lockEvent = z.strictObject({ type: z.literal('lock'), state: z.enum(STORE_STATES) });

/** Somebody asks for a secret and waits. When it is over, a `changed` event of the entity `consent` says so. */
export const consentEvent = z.strictObject({ type: z.literal('consent'), request: consentRequest });

/** How far long work has come. */
export const progressEvent = z.strictObject({
  type: z.literal('progress'),
  operation: z.enum(['audit.verify']),
  done: z.int().min(0),
  total: z.int().min(0),
});

export const strongroomEvent = z.discriminatedUnion('type', [changedEvent, lockEvent, consentEvent, progressEvent]);

/** Something was created, changed or deleted, in this process or another one. */
export type ChangedEvent = z.infer<typeof changedEvent>;
/** The store was locked or unlocked. */
export type LockEvent = z.infer<typeof lockEvent>;
export type ConsentEvent = z.infer<typeof consentEvent>;
export type ProgressEvent = z.infer<typeof progressEvent>;
export type StrongroomEvent = z.infer<typeof strongroomEvent>;
