import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileSchema } from '../../js/schema/index.js';
import { failsWith, places } from '../support/errors.js';

test('a schema that compiles says what is valid, and where and why something is not', () => {
  const schema = compileSchema({
    type: 'object',
    required: ['url'],
    additionalProperties: false,
    properties: { url: { type: 'string', format: 'uri' }, port: { type: 'integer', minimum: 1 } },
  });
  assert.deepEqual(schema.validate({ url: 'https://example.com', port: 8080 }), { valid: true, issues: [] });
  const { valid, issues } = schema.validate({ url: 'not a uri', port: 0, 'a/b~c': 1 });
  assert.equal(valid, false);
  assert.deepEqual(issues.map(({ path, code }) => [path, code]).sort(), [
    ['/a~1b~0c', 'additional_property'],
    ['/port', 'minimum'],
    ['/url', 'format'],
  ]);
  for (const issue of issues) assert.ok(issue.message.length > 0);
  assert.deepEqual(
    schema.validate({}).issues.map(({ path, code }) => [path, code]),
    [['/url', 'required']],
  );
});

test('true and false are schemas', () => {
  assert.equal(compileSchema(true).validate(1).valid, true);
  assert.equal(compileSchema(false).validate(1).valid, false);
});

test('a schema that means nothing is INVALID_SCHEMA, with the place', async () => {
  const bad: [unknown, string][] = [
    [{ typ: 'string' }, '/typ unknown_keyword'],
    [{ type: 'text' }, '/type invalid_keyword'],
    [{ properties: { a: { pattern: '(' } } }, '/properties/a/pattern invalid_pattern'],
    [{ $ref: 'https://example.com/schema' }, '/$ref remote_ref'],
    [{ $ref: '#/nowhere' }, '/$ref unresolved_ref'],
    [{ $dynamicRef: '#x' }, '/$dynamicRef unsupported_keyword'],
    [{ format: 'nonsense' }, '/format unknown_format'],
    [7, ' not_a_schema'],
    [null, ' not_a_schema'],
    [undefined, ' not_a_schema'],
  ];
  for (const [schema, place] of bad) {
    const error = await failsWith('INVALID_SCHEMA', () => compileSchema(schema));
    assert.ok(places(error).includes(place), `${JSON.stringify(schema)}: ${places(error).join()}`);
  }
});

test('what is no JSON is an issue of the value, and the fault of the caller in a schema', async () => {
  const schema = compileSchema({});
  for (const value of [() => 1, Symbol('s'), 1n, new Date(), '\ud800']) {
    const verdict = schema.validate({ a: value });
    assert.equal(verdict.valid, false);
    assert.equal(verdict.issues[0]?.path, '/a');
  }
  const cycle: unknown[] = [];
  cycle.push(cycle);
  assert.equal(schema.validate(cycle).valid, false);
  await assert.rejects(async () => compileSchema({ const: () => 1 }), { name: 'StrongroomError' });
});

test('a pattern that would run for ever is an issue, soon', () => {
  const schema = compileSchema({ type: 'string', pattern: '^(a+)+$' });
  assert.equal(schema.validate('aaaa').valid, true);
  const began = performance.now();
  const { valid, issues } = schema.validate(`${'a'.repeat(5000)}!`);
  assert.deepEqual([valid, issues[0]?.code], [false, 'pattern_too_costly']);
  assert.ok(performance.now() - began < 5000);
});

test('a schema is taken at its word at compile time; later changes to the object change nothing', () => {
  const source = { type: 'string' };
  const schema = compileSchema(source);
  source.type = 'number';
  assert.equal(schema.validate('text').valid, true);
});
