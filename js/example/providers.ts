import type { Strongroom } from '../main/strongroom.js';
import { exampleProviders } from '../providers/index.js';

/** Registers the providers that come along, save those that the store has in this version. */
export async function registerExampleProviders(room: Strongroom): Promise<void> {
  const present = new Map((await room.providers.list()).items.map((provider) => [provider.id, provider]));
  for (const manifest of exampleProviders) {
    const known = present.get(manifest.id);
    if (known?.registered !== true || known.version !== manifest.version) await room.providers.register(manifest);
  }
}
