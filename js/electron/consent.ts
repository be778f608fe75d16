import type { ConsentDecision, ConsentRequest } from '../../contracts/index.js';

/** What is asked of `dialog.showMessageBox`. */
export interface MessageBoxOptionsLike {
  type: 'warning';
  title: string;
  message: string;
  detail: string;
  buttons: string[];
  defaultId: number;
  cancelId: number;
  noLink: boolean;
  signal: AbortSignal;
}

/** Of Electron's `dialog`. */
export interface DialogLike {
  showMessageBox(options: MessageBoxOptionsLike): Promise<{ response: number }>;
}

const BUTTONS: readonly (readonly [string, ConsentDecision])[] = [
  ['Deny', 'deny'],
  ['Allow once', 'allow-once'],
  ['Always allow', 'allow-always'],
  ['Always deny', 'deny-always'],
];

/**
 * Text of somebody else on one line: what breaks lines, is invisible or turns the direction of writing becomes a space, and a
 * quotation mark an apostrophe, so that it can neither end its own quotation nor pass for ours.
 */
function quoted(text: string, most: number): string {
  const flat = text
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .replace(/["\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u2036\uff02]/gu, "'")
    .trim();
  const characters = [...flat];
  return `\u201c${characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : flat}\u201d`;
}

function textOf(request: ConsentRequest): Pick<MessageBoxOptionsLike, 'message' | 'detail'> {
  const kind = request.role === 'tool' ? 'The tool' : 'The extension';
  const origins = request.origins.map((origin) => quoted(origin, 300).slice(1, -1)).join(', ');
  const starts = request.authType === 'env' || request.authType === 'stdin';
  const power = starts
    ? ' It may start programs that are given the secret.'
    : origins === ''
      ? ''
      : ` The secret can be sent to: ${origins}.`;
  return {
    message: `${kind} ${quoted(request.principalId, 100)} wants to use ${quoted(request.fieldTitle, 100)} of your connection ${quoted(request.connectionName, 100)}.`,
    detail: [
      `It says, in its own words: ${quoted(request.reason, 500)}`,
      `Service: ${quoted(request.providerName, 100)}.${power}`,
      `It does not get to see the secret itself${starts ? '; the programs it starts do' : ''}.`,
    ].join('\n\n'),
  };
}

/**
 * A consent prompt that asks with a message box of the system: *Deny* comes first, is what Enter and Escape choose, and
 * is the answer whenever something fails. Requests are asked one after the other, and none that is over: a dialog whose
 * request was answered elsewhere, or has died, is taken away, and rejects.
 *
 * @example
 * const room = await openStrongroom({ dir, appId, consent: electronConsentPrompt(dialog) });
 */
export function electronConsentPrompt(
  dialog: DialogLike,
): (request: ConsentRequest, context?: { readonly signal: AbortSignal }) => Promise<ConsentDecision> {
  let before: Promise<unknown> = Promise.resolve();
  return (request, context) => {
    const answer = before
      .then(() => show(dialog, request, context?.signal))
      .catch((error: unknown): ConsentDecision => {
        if (context?.signal.aborted) throw error; // over: nothing was answered
        return 'deny';
      });
    before = answer.catch(() => undefined);
    return answer;
  };
}

async function show(
  dialog: DialogLike,
  request: ConsentRequest,
  over: AbortSignal | undefined,
): Promise<ConsentDecision> {
  over?.throwIfAborted();
  const left = Date.parse(request.expiresAt) - Date.now();
  if (!(left > 0)) return 'deny';
  const expiry = new AbortController();
  const end = (): void => expiry.abort();
  const timer = setTimeout(end, left);
  over?.addEventListener('abort', end, { once: true });
  try {
    const { response } = await dialog.showMessageBox({
      ...textOf(request),
      type: 'warning',
      title: 'Use of a secret',
      buttons: BUTTONS.map(([label]) => label),
      defaultId: 0,
      cancelId: 0,
      noLink: true,
      signal: expiry.signal,
    });
    over?.throwIfAborted();
    return BUTTONS[response]?.[1] ?? 'deny';
  } finally {
    clearTimeout(timer);
    over?.removeEventListener('abort', end);
  }
}
