/** The state of a store, readable while it is locked. */
import * as z from 'zod';
import { contract } from './channel.js';
import { listOf, text } from './text.js';

/** `key-missing`: the store has a key slot, but its key is not where it was put. A new store is `locked`. */
export const STORE_STATES = ['locked', 'unlocked', 'key-missing'] as const;
export type StoreState = (typeof STORE_STATES)[number];

export const statusInfo = z.strictObject({
  state: z.enum(STORE_STATES),
  /** The provider that holds the key, such as `os-keyring`; null while no key has been made. */
  keyProvider: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/)
    .nullable(),
  schemaVersion: z.int().min(0),
  storeId: z.string().regex(/^[0-9A-Za-z_-]{1,64}$/),
  appId: text(1, 255),
  appName: text(1, 255),
  /** `full`: an audit entry is on the disk before a plaintext is given out; `normal`: it survives a crash of the process. */
  durability: z.enum(['full', 'normal']).optional(),
  /** What a person should know or do, such as backing up a key file. */
  notices: listOf(z.strictObject({ code: text(1, 64), message: text(1, 1000) }), 64),
});

export const statusChannels = {
  'status.get': contract(['settings'], z.strictObject({}), statusInfo),
  /** May show the keyring's own prompt. */
  'status.unlock': contract(['settings'], z.strictObject({}), statusInfo),
};

export type StatusInfo = z.infer<typeof statusInfo>;
