import * as z from 'zod';
import type { FieldSchema, Issue, ProviderManifest } from '../../contracts/index.js';
import { StrongroomError } from '../main/errors.js';

/** A manifest whose schema is a Zod object. */
export type ProviderDefinition = Omit<ProviderManifest, 'schema'> & { schema: z.ZodObject };

/** What the core takes of a property, in the order in which it is written. */
const KEYWORDS = [
  ...['type', 'title', 'description', 'examples', 'default', 'writeOnly', 'format', 'pattern', 'enum'],
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
] as const satisfies readonly (keyof FieldSchema)[];

/** What restricts a value and has no place in a flat schema. Whatever else Zod writes is an annotation, and is left out. */
const INEXPRESSIBLE: Readonly<Record<string, string>> = {
  allOf: 'several rules of one kind, such as two patterns',
  anyOf: 'a choice of schemas (unions and nullable)',
  oneOf: 'a choice of schemas (unions)',
  not: 'what a value must not be',
  $ref: 'a schema that refers to itself or another',
  items: 'lists',
  prefixItems: 'tuples',
  properties: 'objects within objects',
  additionalProperties: 'objects within objects',
  propertyNames: 'objects within objects',
  patternProperties: 'objects within objects',
};

type JsonSchema = { readonly [keyword: string]: unknown };

/** What Zod would check or change in code: the core, which runs none of it, could not hold anyone to it. */
function rulesInCode(schema: z.ZodType): string | undefined {
  const { def } = (schema as unknown as z.core.$ZodType)._zod;
  const { checks = [], innerType, in: input } = def as typeof def & { innerType?: z.ZodType; in?: z.ZodType };
  if (input !== undefined) return 'transform() and pipe()';
  for (const check of checks) {
    const kind = check._zod.def.check;
    if (kind === 'custom') return 'refine() and check()';
    if (kind === 'overwrite') return 'trim() and whatever else changes the value';
  }
  return innerType === undefined ? undefined : rulesInCode(innerType);
}

/** Zod gives a schema with an id a place of its own and refers to it. */
function inlined(json: JsonSchema, definitions: JsonSchema = {}): JsonSchema {
  const { $ref, ...rest } = json;
  const name = typeof $ref === 'string' ? /^#\/\$defs\/(.+)$/.exec($ref)?.[1] : undefined;
  if (name === undefined || !Object.hasOwn(definitions, name)) return json;
  return { ...(definitions[name] as JsonSchema), ...rest };
}

/** A choice of literals, which Zod writes as anyOf, is an enum. */
function choiceOf(json: JsonSchema): JsonSchema {
  const { anyOf, const: only, ...rest } = json;
  if (only !== undefined) return { ...rest, enum: [only] };
  if (!Array.isArray(anyOf)) return json;
  const options = anyOf as JsonSchema[];
  const type = options[0]?.type;
  const plain = options.every((option) => Object.keys(option).every((key) => key === 'type' || key === 'const'));
  if (!plain || !options.every((option) => option.type === type && option.const !== undefined)) return json;
  return { ...rest, type, enum: options.map((option) => option.const) };
}

/**
 * Turns a Zod object into the manifest of a provider. `.meta({ title, description, examples, writeOnly })` gives a field
 * its label, help, placeholder and secrecy; what is optional in Zod is optional in the form.
 *
 * What a manifest can say: strings (length, `regex`, formats), numbers, integers, booleans, enums and literals, defaults.
 * What it cannot is refused, and not left out in silence: objects in objects, lists, unions, nullable, loose objects,
 * several patterns on one field, `refine`, `transform`, `pipe`, `trim`. Other annotations are left out.
 *
 * @throws StrongroomError `INVALID_SCHEMA` with an issue (path below `/schema`) for each field that cannot be expressed.
 * @example
 * await strongroom.providers.register(defineProvider({
 *   id: 'acme.api', displayName: 'Acme', description: 'Issues and builds', version: '1.0.0',
 *   schema: z.object({
 *     baseUrl: z.url().default('https://api.acme.example').meta({ title: 'Address' }),
 *     token: z.string().min(20).meta({ title: 'Token', writeOnly: true }),
 *   }),
 *   auth: { type: 'bearer', field: 'token' },
 *   origins: [{ fromField: 'baseUrl' }],
 * }));
 */
export function defineProvider(definition: ProviderDefinition): ProviderManifest {
  const { schema, ...rest } = definition;
  const shape = schema?.shape as { readonly [name: string]: z.ZodType } | undefined;
  if (shape === undefined) throw refused([unsupported('/schema', 'anything but a z.object()')]);
  const issues: Issue[] = [];
  const checks = rulesInCode(schema);
  if (checks !== undefined) issues.push(unsupported('/schema', checks));

  const json: JsonSchema = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  });
  // Both z.object() and z.strictObject() stand for a closed set of fields, as every provider's schema does.
  if (json.additionalProperties !== undefined && json.additionalProperties !== false) {
    issues.push(unsupported('/schema/additionalProperties', 'fields that have no name (looseObject, catchall)'));
  }

  const properties: Record<string, object> = {};
  for (const [name, written] of Object.entries((json.properties ?? {}) as { [name: string]: JsonSchema })) {
    const path = `/schema/properties/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const field = choiceOf(inlined(written, json.$defs as JsonSchema | undefined));
    const inCode = shape[name] === undefined ? undefined : rulesInCode(shape[name]);
    if (inCode !== undefined) issues.push(unsupported(path, inCode));
    for (const [keyword, meaning] of Object.entries(INEXPRESSIBLE)) {
      if (Object.hasOwn(field, keyword)) issues.push(unsupported(`${path}/${keyword}`, meaning));
    }
    if (typeof field.type !== 'string') {
      if (!Object.keys(INEXPRESSIBLE).some((keyword) => Object.hasOwn(field, keyword))) {
        issues.push(unsupported(path, 'a type that JSON has no name for'));
      }
    }
    const kept = KEYWORDS.filter((keyword) => field[keyword] !== undefined).map((keyword) => [keyword, field[keyword]]);
    Object.defineProperty(properties, name, { value: Object.fromEntries(kept), enumerable: true });
  }
  if (issues.length > 0) throw refused(issues);

  return {
    ...rest,
    schema: {
      type: 'object',
      ...(typeof json.title === 'string' && { title: json.title }),
      ...(typeof json.description === 'string' && { description: json.description }),
      properties,
      ...(Array.isArray(json.required) && json.required.length > 0 && { required: json.required }),
    },
  };
}

function unsupported(path: string, what: string): Issue {
  return { path, code: 'unsupported', message: `a provider's schema cannot express ${what}` };
}

function refused(issues: Issue[]): StrongroomError {
  const first = issues[0];
  return new StrongroomError('INVALID_SCHEMA', `the schema is not valid: ${first?.path}: ${first?.message}`, {
    issues,
  });
}
