/** Consent: who may use which secret of which connection, who asks for it, and the handles that come of it. */
import * as z from 'zod';
import { contract } from './channel.js';
import { AUTH_TYPES, fieldName, providerId } from './providers.js';
import { connectionId, cursor, idOf, listOf, pageLimit, pageOf, recordOf, text, time } from './text.js';

/** Who may hold a handle. */
export const PRINCIPAL_ROLES = ['extension', 'tool'] as const;

/** What a person answers to a request. The `always` ones are kept as grants. */
export const CONSENT_DECISIONS = ['allow-once', 'allow-always', 'deny', 'deny-always'] as const;
export type ConsentDecision = (typeof CONSENT_DECISIONS)[number];

const role = z.enum(PRINCIPAL_ROLES);
/** Where a secret may be sent. */
export const allowedOrigins = listOf(text(1, 300), 32);
export const principalId = text(1, 200);
export const grantId = idOf('grt_');
export const requestId = idOf('req_');
/** Why a secret is wanted, in the words of whoever asks. */
export const reason = text(1, 500);
/** 256 random bits in base64url. */
export const handle = z.string().regex(/^hdl_[A-Za-z0-9_-]{43}$/, 'must be a handle');

/** A decision of a person that stands: for one principal, connection and field. */
export const grantInfo = z.strictObject({
  id: grantId,
  principalId,
  role,
  connectionId,
  field: fieldName,
  decision: z.enum(['allow', 'deny']),
  /** `once`: for a single use, and gone with it. */
  lifetime: z.enum(['once', 'always']),
  /** What was asked, in the words of the principal. */
  reason,
  createdAt: time,
  /** When an unused `once` grant ends; null for the others. */
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable(),
});

/** A request that waits for a person. */
export const consentRequest = z.strictObject({
  id: requestId,
  principalId,
  role,
  connectionId,
  connectionName: text(1, 100),
  providerId,
  providerName: text(1, 100),
  field: fieldName,
  /** The label of the field. */
  fieldTitle: text(1, 100),
  /** In the principal's words. */
  reason,
  /** How often the same was asked while it waited. */
  count: z.int().min(1),
  /**
   * How the secret would be given away: with `env` and `stdin` to programs that the principal starts, otherwise to a
   * service. Null if the provider has no use for this field.
   */
  authType: z.enum(AUTH_TYPES).nullable(),
  origins: allowedOrigins,
  createdAt: time,
  /** When it counts as denied. */
  expiresAt: time,
});

/** A principal that was denied too often and is denied without a prompt for a while. */
export const silence = z.strictObject({ principalId, role, connectionId, since: time, until: time });

const body = text(0, 1_000_000);
/** The name of a header field (RFC 9110, section 5.6.2), less those that begin with a sign. */
const headerName = z.string().regex(/^[0-9A-Za-z][!#$%&'*+.^_`|~0-9A-Za-z-]{0,99}$/, 'must be the name of a header');

export const accessChannels = {
  /** Answers when there is a decision: at once with a grant, or after a person was asked. */
  'access.request': contract(
    ['extension', 'tool'],
    z.strictObject({ connectionId, field: fieldName, reason }),
    z.strictObject({
      handle,
      /** `once`: the handle is good for a single use. */
      lifetime: z.enum(['once', 'always']),
      expiresAt: time,
    }),
  ),
  /** Gives a handle back. One that is not there any more is no error. */
  'access.release': contract(['extension', 'tool'], z.strictObject({ handle }), z.strictObject({})),
  /** Sends a request with the credential that the handle stands for, to an origin that the provider allows. */
  'broker.fetch': contract(
    ['extension', 'tool'],
    z.strictObject({
      handle,
      /** Absolute, ASCII; no user name, no fragment. */
      url: text(1, 8000),
      method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).optional(),
      /** Those that carry credentials, or belong to the connection, are refused. */
      headers: recordOf(headerName, text(0, 8000), 64).optional(),
      body: body.optional(),
      /** How `body` is encoded. Default `utf8`. */
      bodyEncoding: z.enum(['utf8', 'base64']).optional(),
      /** Default: `utf8`, or `base64` where the body is not UTF-8. */
      responseEncoding: z.enum(['utf8', 'base64']).optional(),
      /** For all of it, milliseconds. Default 60000. */
      timeoutMs: z.int().min(1).max(60_000).optional(),
    }),
    z.strictObject({
      status: z.int().min(100).max(599),
      /** Names in lower case; several of one name are joined by a comma. Cookies and credentials are left out. */
      headers: recordOf(headerName, text(0, 4000), 200),
      body: text(0, 1_000_000),
      bodyEncoding: z.enum(['utf8', 'base64']),
    }),
  ),
  /** Standing grants, in the order of creation; with `once`, those for a single use too. */
  'grants.list': contract(
    ['settings'],
    z.strictObject({
      principalId: principalId.optional(),
      connectionId: connectionId.optional(),
      once: z.boolean().optional(),
      cursor: cursor.optional(),
      limit: pageLimit.optional(),
    }),
    pageOf(grantInfo).extend({ damaged: z.int().min(1).optional() }),
  ),
  'grants.revoke': contract(['settings'], z.strictObject({ id: grantId }), z.strictObject({})),
  /** Requests that wait in this process, oldest first. */
  'consent.list': contract(['settings'], z.strictObject({}), pageOf(consentRequest)),
  'consent.respond': contract(
    ['settings'],
    z.strictObject({ id: requestId, decision: z.enum(CONSENT_DECISIONS) }),
    z.strictObject({}),
  ),
  'consent.silenced': contract(['settings'], z.strictObject({}), pageOf(silence)),
  /** Ends a silence before its time. */
  'consent.unsilence': contract(['settings'], z.strictObject({ principalId, role, connectionId }), z.strictObject({})),
};

export type GrantInfo = z.infer<typeof grantInfo>;
export type ConsentRequest = z.infer<typeof consentRequest>;
export type Silence = z.infer<typeof silence>;
export type PrincipalRole = (typeof PRINCIPAL_ROLES)[number];
