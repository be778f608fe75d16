/** Rooms for tests: a store in a directory of the test, with its key in a file. */
import { join } from 'node:path';
import { openStrongroom, type Strongroom, type StrongroomOptions } from '../../js/main/index.js';
import { afterwards, type Scope, temporaryDir } from './directory.js';

export const APP_ID = 'org.strongroom.test';

/** Options for a store in a new directory, with the master.key file as the only key provider. */
export function optionsFor(scope: Scope, more: Partial<StrongroomOptions> = {}): StrongroomOptions {
  return {
    dir: join(more.dir ?? temporaryDir(scope), 'store'),
    appId: APP_ID,
    keyProviders: ['master-key-file'],
    ...more,
  };
}

/** Opens a store that is closed when the test has ended. */
export async function openRoom(scope: Scope, more: Partial<StrongroomOptions> = {}): Promise<Strongroom> {
  const room = await openStrongroom(optionsFor(scope, more));
  afterwards(scope, () => room.close());
  return room;
}
