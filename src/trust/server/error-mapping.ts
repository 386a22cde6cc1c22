/**
 * Turns a trust server's refusals and breakdowns into the product's errors. The remedies are
 * written for Azure Container Registry, whose trust endpoint hides several causes behind one 401.
 */
import { TrustError } from '../../errors.js';
import { requestedWait, busyRemedy, parseErrorResponse } from '../../http/error-response.js';
import { registryNameOf } from '../../http/firewall.js';
import { HttpError, type HttpResponse } from '../../http/types.js';
import type { Gun } from '../metadata/types.js';
import { complaintOf } from './answers.js';

/** Whom a message is about. */
interface Place {
  readonly host: string;
  readonly gun: Gun;
}

const unreachableRemedy =
  'Check the trust server address, the network path (firewall, private endpoint, proxy) and the ' +
  'state of the registry, then run again.';

function said(response: HttpResponse): string {
  const { words } = complaintOf(response);
  return words === '' ? `${response.status}` : `${response.status}: ${words}`;
}

/** The error for a principal that may not publish trust data here. */
export function signerRefused(place: Place, response: HttpResponse): TrustError {
  return new TrustError(
    'SIGNER_NOT_AUTHORIZED',
    `${place.host} refuses to accept trust data for ${place.gun} from this principal ` +
      `(${said(response)})`,
    {
      remedy:
        "Assign the role AcrImageSigner, besides AcrPush, to the principal that runs this step. A new role takes effect with a new login, so run again after some minutes. The registry's admin account and repository-scoped tokens can never sign: use a service principal or managed identity.",
    },
  );
}

/** The error for a principal that may publish at most, where more is wanted. */
export function administratorRefused(
  place: Place,
  response: HttpResponse,
  doing: string,
): TrustError {
  return new TrustError(
    'SIGNER_NOT_AUTHORIZED',
    `${place.host} refuses to ${doing} for ${place.gun}, asked by this principal ` +
      `(${said(response)})`,
    {
      remedy:
        'Assign the roles AcrPush and AcrImageSigner to the principal that runs this step, and run again with a new login. This step asks for every right on the trust data (the scope "*"); what grants that in Azure Container Registry is not documented, so if it is still refused, have the owner of the registry run it.',
    },
  );
}

/** The error for a principal that may not read trust data here. */
export function readerRefused(place: Place, response: HttpResponse): TrustError {
  return new TrustError(
    'REGISTRY_LOGIN_REFUSED',
    `${place.host} refuses to serve the trust data of ${place.gun} (${said(response)})`,
    {
      remedy:
        'Reading trust data needs AcrPull (AcrPush includes it) and a new login after a role change. Repository-scoped tokens cannot read trust data. If the registry restricts networks, allow the address of this agent.',
    },
  );
}

/** The error for a registry whose content trust is not switched on. */
export function contentTrustOff(place: Place, response: HttpResponse): TrustError {
  return new TrustError(
    'CONTENT_TRUST_UNAVAILABLE',
    `${place.host} does not accept trust data: content trust is not enabled there (${said(response)})`,
    {
      remedy:
        'Content trust needs the Premium tier and the registry policy "content trust". Look at it with:\n' +
        `az acr config content-trust show --registry ${registryNameOf(place.host)}\n` +
        'Never switch the policy off and on to repair something: switching it off deletes the trust ' +
        'data of every repository for good, and a registry that never had it can no longer get it.',
    },
  );
}

/** The error for an answer that no trust server in order would give. */
export function stumbled(place: Place, response: HttpResponse, doing: string): TrustError {
  const answer = parseErrorResponse(response);
  const { status, isWebPage: page, speaker } = answer;
  if (status === 413) {
    return new TrustError(
      'TRUST_SERVER_REJECTED',
      `the trust server ${place.host}, or a proxy in front of it, refused to ${doing} for ${place.gun}: the request is too large (${said(response)}); nothing was published`,
      {
        remedy:
          'Revoke the signatures of tags that are no longer needed (the command "revoke"), so that the trust data becomes smaller.\nIf a proxy stands in front of the server, raise its limit for the size of a request.',
      },
    );
  }
  const who = page && speaker !== undefined ? `; ${speaker}` : '';
  return new TrustError(
    'TRUST_SERVER_UNREACHABLE',
    `the trust server ${place.host} could not ${doing} for ${place.gun} ` +
      `(${said(response)}${who})${answer.isBusy ? busyWords(status) : ''}${requestedWait(answer)}`,
    {
      remedy: answer.isBusy && !page ? busyRemedy(answer, 'the trust server') : unreachableRemedy,
    },
  );
}

function busyWords(status: number): string {
  return status === 429 ? ': it limits the number of requests' : ': it is busy or failing';
}

/** The error for an update that the server has looked at and refused. */
export function updateRejected(place: Place, response: HttpResponse): TrustError {
  const { words } = complaintOf(response);
  // notary server/handlers/validation.go: what a server says that lacks the snapshot key.
  if (/ErrBadHierarchy|key .*not found|no {1,2}timestamp keys/i.test(words)) {
    return missingServerKey(place, /timestamp/i.test(words) ? 'timestamp' : 'snapshot', response);
  }
  return new TrustError(
    'TRUST_SERVER_REJECTED',
    `the trust server ${place.host} rejected the update of ${place.gun} (${said(response)})`,
    {
      remedy:
        'The trust data of the repository may have been changed by another client. Inspect it, ' +
        'then sign again; nothing was published.',
    },
  );
}

/** The error for a server without the key of a role that it has to sign at each publish. */
export function missingServerKey(
  place: Place,
  role: 'snapshot' | 'timestamp',
  response?: HttpResponse,
): TrustError {
  const answer = response ? ` (${said(response)})` : '';
  return new TrustError(
    'TRUST_SERVER_REJECTED',
    `the trust server ${place.host} cannot publish for ${place.gun}: it does not hold the ${role} ` +
      `key that the root names${answer}`,
    {
      remedy: `Ask the owner of the root key to move the ${role} key to the server once: "keys rotate --role ${role}".\n"notary init" leaves the snapshot key with the client; Docker never does.`,
    },
  );
}

/** The error for a server, or its token service, that cannot even be asked for a token. */
export function noLogin(place: Place, cause: TrustError, doing: string): TrustError {
  return new TrustError(
    'TRUST_SERVER_UNREACHABLE',
    `the trust server ${place.host} gave no login to ${doing} for ${place.gun}: ${cause.message}`,
    { remedy: unreachableRemedy, cause },
  );
}

/** The error for no usable answer at all. */
export function noResponse(place: Place, error: HttpError, doing: string): TrustError {
  switch (error.kind) {
    case 'too-large':
    case 'unreadable':
      return new TrustError(
        'TRUST_DATA_INVALID',
        `the trust server ${place.host} sent more than allowed when asked to ${doing} for ` +
          place.gun,
        {
          remedy:
            'Files longer than their parent states are rejected. Sign again if a publish has just happened; otherwise inspect the trust server and the proxies in front of it.',
          cause: error,
        },
      );
    case 'aborted':
      return new TrustError(
        'INTERRUPTED',
        `interrupted while the trust server ${place.host} was to ${doing} for ${place.gun}`,
        { remedy: 'Run again; a publish that had begun may have taken effect.', cause: error },
      );
    case 'unreachable':
    case 'timeout':
    case 'tls':
      return new TrustError(
        'TRUST_SERVER_UNREACHABLE',
        `the trust server ${place.host} could not be reached to ${doing} for ${place.gun}: ` +
          error.message,
        { remedy: unreachableRemedy, cause: error },
      );
  }
}
