/** Names and icons for the ids of connections: decisions and audit entries hold ids alone. */

import type { Connection, ProviderInfo } from '../../contracts/index.js';
import type { SettingsClient } from './client.js';
import { labelOf } from './connection-model.js';
import { readAll } from './paging.js';

/** What is known of connections and their providers. */
export class Names {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly #providers: ReadonlyMap<string, ProviderInfo>;

  constructor(connections: readonly Connection[] = [], providers: readonly ProviderInfo[] = []) {
    this.connections = new Map(connections.map((connection) => [connection.id, connection]));
    this.#providers = new Map(providers.map((provider) => [provider.id, provider]));
  }

  /** Asks for all of them. What cannot be had is left out: the ids stand in for the names. */
  static async load(client: SettingsClient): Promise<Names> {
    const none = () => ({ items: [] });
    const [connections, providers] = await Promise.all([
      readAll(client, 'connections.list', {}).catch(none),
      client.invoke('providers.list', {}).catch(none),
    ]);
    return new Names(connections.items, providers.items);
  }

  /** The provider of a connection. */
  providerOf(connectionId: string): ProviderInfo | undefined {
    return this.#providers.get(this.connections.get(connectionId)?.providerId ?? '');
  }

  /** The label of a connection's field, or else the field's own name. */
  fieldOf(connectionId: string, field: string): string {
    return labelOf(this.providerOf(connectionId), field);
  }

  /** The connection and field that a secret belongs to. */
  placeOf(secretId: string): { readonly connection: Connection; readonly field: string } | undefined {
    for (const connection of this.connections.values()) {
      for (const [field, { secretRef }] of Object.entries(connection.secrets)) {
        if (secretRef === secretId) return { connection, field: this.fieldOf(connection.id, field) };
      }
    }
    return undefined;
  }
}
