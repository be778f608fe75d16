/**
 * That Electron's own types fit those of the transports, which do not name them: checked by the compiler (`npm run lint`)
 * alone. Nothing here runs.
 */
import { fork } from 'node:child_process';
import { MessageChannel, parentPort, Worker } from 'node:worker_threads';
import { contextBridge, dialog, ipcMain, ipcRenderer, MessageChannelMain, utilityProcess } from 'electron';
import type { Caller } from '../../contracts/index.js';
import { connectExtensionPort, electronConsentPrompt, registerStrongroomIpc } from '../../js/electron/index.js';
import { connectStrongroom } from '../../js/extension/index.js';
import { type ConsentPrompt, openStrongroom, type Strongroom } from '../../js/main/index.js';
import { exposeStrongroom, type StrongroomBridge } from '../../js/preload/index.js';
import type { SettingsClient } from '../../js/settings/client.js';

export function ipc(room: Strongroom): void {
  registerStrongroomIpc({ ipcMain, room, settingsOrigin: 'app://settings' }).dispose();
  const stop = registerStrongroomIpc({
    ipcMain,
    room,
    callerOf: ({ sender, senderFrame }): Caller | undefined =>
      sender.getType() === 'window' && senderFrame?.frameToken !== ''
        ? { role: 'settings', principalId: `window ${sender.id}` }
        : undefined,
  });
  stop();

  // @ts-expect-error: who may not be asked may not be answered either
  registerStrongroomIpc({ ipcMain, room, callerOf: () => 'settings' });
}

export function ports(room: Strongroom): void {
  const { port1, port2 } = new MessageChannelMain();
  const node = new MessageChannel();
  const principalId = 'acme.extension';
  for (const port of [port1, utilityProcess.fork('extension.js'), node.port1, new Worker(''), fork('extension.js')]) {
    connectExtensionPort({ port, room, principalId, uses: ['acme.api'] }).dispose();
  }
  connectExtensionPort({ port: port1, room, principalId, role: 'tool' });
  // @ts-expect-error: a port is never the settings page
  connectExtensionPort({ port: port1, room, principalId, role: 'settings' });
  for (const port of [port2, process.parentPort, node.port2, process]) connectStrongroom(port).close();
  if (parentPort !== null) connectStrongroom(parentPort);
  connectStrongroom(new globalThis.MessageChannel().port1);
}

export function consent(): Promise<Strongroom> {
  const prompt: ConsentPrompt = electronConsentPrompt(dialog);
  return openStrongroom({ dir: '/', appId: 'org.example.app', consent: prompt });
}

export function preload(bridge: StrongroomBridge): SettingsClient['invoke'] {
  exposeStrongroom({ contextBridge, ipcRenderer });
  return bridge.invoke;
}
