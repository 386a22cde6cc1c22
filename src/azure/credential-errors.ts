/**
 * Explains why there is no token, by what was sent and what was answered. The SDK's own texts are
 * not kept, not even as a cause: some of them carry whole requests, tokens included.
 */
import { isTrustError, messageOf, TrustError } from '../errors.js';
import {
  requestedWait,
  busyRemedy,
  parseErrorResponse,
  HttpError,
  oneLine,
} from '../http/index.js';
import type { ErrorResponse, HttpResponse, SdkOutcome } from '../http/index.js';
import { limits } from '../limits.js';
import type { Cloud } from './clouds.js';
import { aadstsCode, explainRefusal, isTransientRefusal } from './entra-errors.js';
import type { Refused } from './entra-errors.js';
import type { Identity } from './identity.js';
import { isMachineEndpoint } from './sign-in-network.js';

/** What is needed to explain a failure. */
interface TokenAttempt {
  readonly identity: Identity;
  readonly cloud: Cloud;
  readonly scope: string;
  /** What came of the requests that were made, in order. */
  readonly outcomes: readonly SdkOutcome[];
  /** Issuer, subject and audience of the assertion used, if one was. */
  readonly assertion?: string;
}

/** @returns the error to throw instead of `thrown`. */
export function explainTokenFailure(thrown: unknown, attempt: TokenAttempt): TrustError {
  if (isTrustError(thrown)) {
    return thrown;
  }
  // The SDK wraps what our own client has said of this machine, such as a lack of file descriptors.
  const own = attempt.outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
  const ours = own.findLast((error) => isTrustError(error));
  if (ours !== undefined) return ours;
  const failed = attempt.outcomes.filter(
    (outcome) => 'error' in outcome || outcome.response.status >= 400,
  );
  if (nameOf(thrown) === 'AbortError' || failed.some(isAborted)) {
    return signInCancelled();
  }
  // Where several sources were asked, Entra ID itself has the last word.
  const last =
    failed.findLast((outcome) => 'response' in outcome && !isMachineEndpoint(outcome.url)) ??
    failed.at(-1);
  if (last !== undefined && !isMachineEndpoint(last.url)) {
    return 'response' in last
      ? explainAnswer(last.url, last.response, attempt)
      : unanswered(last.url, last.error);
  }
  if (attempt.identity.kind === 'managed-identity') return noManagedIdentity(last, thrown);
  if (attempt.identity.kind === 'default') {
    return nothingFound(last, thrown, attempt.identity.remedy);
  }
  // Every request succeeded, and there is no token all the same.
  const { origin } = new URL(attempt.cloud.authorityHost);
  return unreachable(`Entra ID at ${origin} returned no token`, tryLater);
}

/** INTERRUPTED while signing in. */
export function signInCancelled(): TrustError {
  return new TrustError('INTERRUPTED', 'Signing in to Azure was cancelled', {
    remedy: 'Run the step again.',
  });
}

/** ENTRA_UNREACHABLE after our own deadline. */
export function signInTooLate(identity: Identity, cloud: Cloud, ms: number): TrustError {
  const whom =
    identity.kind === 'managed-identity'
      ? 'the managed identity of this machine'
      : `Entra ID at ${cloud.authorityHost}`;
  return unreachable(
    `${whom} returned no token within ${ms / 1000} seconds`,
    `${tryLater}\n${checkWay}`,
  );
}

function explainAnswer(url: URL, response: HttpResponse, attempt: TokenAttempt): TrustError {
  const answer = parseErrorResponse(response);
  const where = `Entra ID at ${url.origin}`;
  if (isForeign(answer, response)) {
    const { status, speaker } = answer;
    const who = speaker === undefined ? '' : ` (${speaker})`;
    return unreachable(
      `${where} cannot be reached: the response ${status} is not from Entra ID but from something in between, such as a proxy${who}`,
      checkWay,
    );
  }
  if (answer.isBusy || isTransientRefusal(answer)) {
    const words = answer.words === '' ? '' : `: ${answer.words}`;
    return unreachable(
      `${where} is busy (status ${answer.status}${words})${requestedWait(answer)}`,
      busyRemedy(answer, 'Entra ID'),
    );
  }
  return explainRefusal(answer.words, whoOf(attempt));
}

/** No error of Entra ID, and no mark of it in the headers. */
function isForeign(answer: ErrorResponse, response: HttpResponse): boolean {
  if (answer.code !== undefined || aadstsCode(answer.words) !== undefined) return false;
  const isMarked = ['x-ms-request-id', 'x-ms-ests-server', 'x-azure-ref'].some(
    (name) => response.header(name) !== undefined,
  );
  return !isMarked && (answer.isWebPage || answer.speaker !== undefined || !answer.isBusy);
}

function unanswered(url: URL, error: unknown): TrustError {
  const where = `Entra ID at ${url.origin}`;
  if (!(error instanceof HttpError)) {
    return unreachable(`${where} cannot be reached`, checkWay);
  }
  switch (error.kind) {
    case 'unreadable':
      return unreachable(`${where}: its response is not readable, in several tries`, tryLater);
    case 'timeout':
      return unreachable(`${where} does not answer: ${error.message}`, `${tryLater}\n${checkWay}`);
    case 'unreachable':
    case 'tls':
    case 'too-large':
    case 'aborted':
      return unreachable(`${where} cannot be reached: ${error.message}`, checkWay);
  }
}

function noManagedIdentity(last: SdkOutcome | undefined, thrown: unknown): TrustError {
  if (last !== undefined && 'response' in last) return explainMachine(last.response);
  const why =
    last !== undefined && last.error instanceof HttpError
      ? last.error.message
      : sdkSentences(thrown);
  return new TrustError(
    'CREDENTIAL_MISSING',
    `This machine offers no managed identity${why === '' ? '' : `: ${why}`}`,
    { remedy: assignIdentity },
  );
}

const assignIdentity =
  'Assign the managed identity to the machine or pod and check its `client-id` or `managed-identity`.\n' +
  'Or give `tenant-id`, `client-id` and a secret, certificate or federated token.';

/** What the endpoint of this machine said. */
function explainMachine(response: HttpResponse): TrustError {
  const answer = parseErrorResponse(response);
  const said = `status ${answer.status}${answer.words === '' ? '' : `: ${answer.words}`}`;
  if (answer.isBusy || answer.status === 410) {
    return unreachable(
      `The managed identity endpoint of this machine is busy (${said})${requestedWait(answer)}`,
      busyRemedy(answer, 'it'),
    );
  }
  if (/multiple (?:user[- ]assigned )?(?:managed )?identities/i.test(answer.words)) {
    return new TrustError(
      'CREDENTIAL_INVALID',
      `This machine has several managed identities, and the run does not say which one (${said})`,
      {
        remedy:
          'Set `client-id` to the client ID of one of them.\n' +
          'See them with: az identity list --query "[].{name:name, clientId:clientId}" --output table',
      },
    );
  }
  return new TrustError(
    'CREDENTIAL_MISSING',
    `This machine offers no such managed identity (${said})`,
    { remedy: assignIdentity },
  );
}

function nothingFound(
  last: SdkOutcome | undefined,
  thrown: unknown,
  remedy = 'Give `tenant-id`, `client-id` and a `client-secret` or `client-certificate`.',
): TrustError {
  // Somebody answered: that is nearer to what is wrong than who is absent.
  if (last !== undefined && 'response' in last) return explainMachine(last.response);
  const sentences = sdkSentences(thrown);
  return new TrustError(
    'CREDENTIAL_MISSING',
    `No credentials for Azure were found${sentences === '' ? '' : ` (tried ${sentences})`}`,
    {
      remedy:
        `${remedy}\n` +
        "Or let one of DefaultAzureCredential's sources work: AZURE_* variables, workload identity, " +
        'managed identity, Azure CLI, Azure PowerShell.',
    },
  );
}

/** Sentences that the SDK has of its own, or passes on from `az` and the like. */
const sdkSentence =
  /^(?:Attempted to use .*|.*\bis unavailable\b.*|.*\bPlease run\b.*|.*\bnot found\b.*|.*\bis not available\b.*)$/i;

const silentProgram = `a program that was asked for a token, such as Azure CLI, printed none within ${limits.tokenProgramMs / 1000} seconds`;

/** What each source that was tried says of itself; the rest of the SDK's texts may be anything. */
function sdkSentences(thrown: unknown): string {
  const sources: readonly unknown[] =
    thrown instanceof Error && 'errors' in thrown && Array.isArray(thrown.errors)
      ? thrown.errors
      : [thrown];
  const told = sources.flatMap((source) => {
    const text = messageOf(source);
    const name = /\b(?!Chained|Default)[A-Z][A-Za-z]{2,40}Credential\b/.exec(text)?.[0];
    const line = text.split('\n', 1)[0]?.trim() ?? '';
    // Of a program that was stopped at its time-out the SDK tells only that there was nothing to read.
    if (line.startsWith('Unexpected end of JSON input')) return [silentProgram];
    const isOwn = nameOf(source) === 'CredentialUnavailableError' && sdkSentence.test(line);
    return isOwn && !/["{]/.test(line) ? [oneLine(line, 200)] : (name ?? []);
  });
  return [...new Set(told)].join('; ');
}

const tryLater = 'Wait some minutes, then run the step again.';
const checkWay =
  'Check the network and the proxy of this machine (HTTPS_PROXY, NO_PROXY) and the cloud you ' +
  'chose, then run the step again.';

function unreachable(message: string, remedy: string): TrustError {
  return new TrustError('ENTRA_UNREACHABLE', message, { remedy });
}

function whoOf({ identity, scope, assertion }: TokenAttempt): Refused {
  return {
    clientId: identity.clientId ?? '(found by the Azure SDK)',
    tenantId:
      ('tenantId' in identity ? identity.tenantId : undefined) ?? '(found by the Azure SDK)',
    scope,
    ...(assertion === undefined ? {} : { assertion }),
  };
}

function isAborted(outcome: SdkOutcome): boolean {
  return (
    'error' in outcome && outcome.error instanceof HttpError && outcome.error.kind === 'aborted'
  );
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : '';
}
