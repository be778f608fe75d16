/** Validation of requests by the contracts: the native validator, Zod and Ajv, on the same messages. */
import assert from 'node:assert/strict';
import { jsonSchemaOf } from '../../contracts/generate.js';
import { contracts } from '../../contracts/index.js';
import { compileSchema } from '../../js/schema/index.js';
import { type Candidate, compare, type Pace, type Result, timedLoop } from './measure.js';
import type { NativeBench } from './native.js';
import { loadAjv } from './packages.js';

export const CHANNELS = ['secrets.create', 'secrets.update', 'audit.list'] as const;
type ValidatedChannel = (typeof CHANNELS)[number];

const PER_CHANNEL = 64;

/** Valid requests as an application sends them; each differs a little from the next. */
export function requests(): Record<ValidatedChannel, object[]> {
  const each = (make: (i: number) => object) => Array.from({ length: PER_CHANNEL }, (_, i) => make(i));
  const two = (i: number) => String(i % 100).padStart(2, '0');
  const id = (i: number) => `sec_01KAS9XWG1Q5S2R7Y3ZB4C6D${two(i)}`;
  return {
    'secrets.create': each((i) => ({
      name: `Deployment token ${i}`,
      kind: 'api_key',
      value: 'v'.repeat(100),
      envKey: `DEPLOY_TOKEN_${i}`,
      metadata: { owner: 'operations', note: `Erneuern im März, Büro ${i}` },
    })),
    'secrets.update': each((i) => ({
      id: id(i),
      name: `Deployment token ${i}`,
      envKey: i % 2 === 0 ? null : `DEPLOY_TOKEN_${i}`,
      metadata: { owner: 'operations' },
      revision: i + 1,
    })),
    'audit.list': each((i) => ({
      action: 'secret.use',
      outcome: 'allowed',
      secretId: id(i),
      since: '2026-11-01T00:00:00.000Z',
      until: `2026-11-21T23:59:59.0${two(i)}Z`,
      limit: 100,
    })),
  };
}

export function measureValidation(channel: ValidatedChannel, bench: NativeBench, pace: Pace): Promise<Result[]> {
  const messages = requests()[channel];
  const zod = contracts[channel].request;
  const json = jsonSchemaOf(zod);
  const native = compileSchema(json);
  const Ajv = loadAjv();
  const ajv = new Ajv({ allowUnionTypes: true }).compile(json);
  const validators = {
    native: (message: unknown) => native.validate(message).valid,
    zod: (message: unknown) => zod.safeParse(message).success,
    ajv,
  };
  for (const [name, valid] of Object.entries(validators)) {
    assert.ok(messages.every(valid), `${name} takes every message`);
    assert.ok(!valid({ ...messages[0], unknown: 1 }), `${name} refuses an unknown key`);
  }
  const over = (valid: (message: unknown) => boolean): Candidate['run'] => {
    let next = 0;
    return timedLoop(() => {
      next = (next + 1) % messages.length;
      if (!valid(messages[next])) throw new Error('a valid request was refused');
    });
  };
  return compare(
    [
      {
        name: 'strongroom/schema',
        what: 'compileSchema(…).validate(message): marshalled into the core, validated, verdict back',
        run: over(validators.native),
      },
      {
        name: 'the same, in the core',
        what: 'Schema::validate of a message that is in the core already, as it is when it is dispatched',
        run: (count) => bench.validate(channel, count),
      },
      { name: 'Zod', what: 'the contract itself: safeParse', run: over(validators.zod) },
      { name: 'Ajv', what: 'compiled to JavaScript from the same JSON Schema; takes lone surrogates', run: over(ajv) },
    ],
    pace,
  );
}
