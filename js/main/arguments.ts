/** Checks of arguments that no contract checks, made before anything is asked of the core. */
import { StrongroomError } from './errors.js';

/** Whether `value` is an object, so that its members can be looked at. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Refuses what cannot take a plaintext, while there is none yet. */
export function checkAction(method: string, action: unknown): void {
  if (typeof action !== 'function') {
    throw new StrongroomError('INVALID_REQUEST', `${method}() needs a function, which gets the plaintext`);
  }
}
