/** `strongroom/preload/sandboxed`: a whole preload script, to be named as `webPreferences.preload` of a sandboxed window. */
import { contextBridge, ipcRenderer } from 'electron';
import { exposeStrongroom } from './index.js';

exposeStrongroom({ contextBridge, ipcRenderer });
