/** `strongroom/providers`: providers to begin with, as data, and the way from a Zod object to a provider. */
import type { ProviderManifest } from '../../contracts/index.js';
import acmeDns from './acme-dns.json';
import github from './github.json';
import httpBasic from './http-basic.json';
import mcpHttp from './mcp-http.json';
import mcpStdio from './mcp-stdio.json';
import openai from './openai.json';

export { defineProvider, type ProviderDefinition } from './define-provider.js';

/**
 * GitHub, OpenAI-style APIs, MCP servers over HTTP and over stdio, HTTP with basic authentication, and a DNS service for
 * ACME. For an app to register as its own, as they are or changed.
 *
 * @example
 * for (const manifest of exampleProviders) await room.providers.register(manifest);
 */
export const exampleProviders: readonly ProviderManifest[] = [
  github,
  openai,
  mcpHttp,
  mcpStdio,
  httpBasic,
  acmeDns,
] as ProviderManifest[];
