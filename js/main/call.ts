/** How the facade asks the core: as the app itself, with what comes back unwrapped. */
import type { Caller, Channel, RequestOf, ResponseOf } from '../../contracts/index.js';
import { unwrap } from './errors.js';
import type { NativeRoom } from './native.js';

export const CORE: Caller = { role: 'core', principalId: 'core' };

/** Sends one message of the contract; throws its refusal as a StrongroomError. */
export type CoreCaller = <C extends Channel>(
  channel: C,
  payload: RequestOf<C>,
  caller?: Caller,
) => Promise<ResponseOf<C>>;

/** The caller of a room. */
export function coreCaller(room: NativeRoom): CoreCaller {
  return async (channel, payload, caller = CORE) =>
    unwrap(await room.dispatch(caller, channel, payload)) as ResponseOf<typeof channel>; // the core has checked it
}
