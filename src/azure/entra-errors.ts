/**
 * What Entra ID's error codes mean for a service principal in a pipeline. Source: Microsoft Entra
 * authentication and authorization error codes (AADSTS).
 */
import { TrustError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { ErrorResponse } from '../http/index.js';

/** Who was refused. */
export interface Refused {
  readonly clientId: string;
  readonly tenantId: string;
  /** Issuer, subject and audience of the assertion, where there was one. */
  readonly assertion?: string;
  /** The scope asked for. */
  readonly scope: string;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly message: (who: Refused) => string;
  readonly remedy: string;
}

const federation = (what: string): Meaning => ({
  code: 'FEDERATION_REFUSED',
  message: (who) =>
    `Entra ID does not accept the token of this job for application ${who.clientId}: ${what}. The token has ${who.assertion ?? 'an unknown issuer, subject and audience'}`,
  remedy:
    'Ask the owner of the application to give it a federated credential with exactly this issuer, ' +
    'subject and audience, upper and lower case included (Microsoft Entra admin center, App ' +
    'registrations, Certificates & secrets, Federated credentials).\n' +
    "On GitHub the subject depends on the job's branch, tag, environment or pull request.",
});

const tenant: Meaning = {
  code: 'TENANT_NOT_FOUND',
  message: (who) => `Entra ID does not know the tenant ${who.tenantId}`,
  remedy: 'Check the tenant ID and that it belongs to the cloud of the registry.',
};

const resource: Meaning = {
  code: 'CREDENTIAL_REJECTED',
  message: (who) => `Entra ID issues no token for ${who.scope} in tenant ${who.tenantId}`,
  remedy: 'Check that the tenant is the one of the registry, and that the cloud is right.',
};

/** 700024 for what we signed ourselves with a certificate a moment ago. */
const wrongClock: Meaning = {
  code: 'CREDENTIAL_REJECTED',
  message: (who) =>
    `Entra ID rejects the assertion of application ${who.clientId} as expired or not yet valid`,
  remedy: 'Set the clock of this machine.',
};

const meanings = new Map<string, Meaning>([
  [
    '7000215',
    {
      code: 'CREDENTIAL_REJECTED',
      message: (who) => `Entra ID refused the client secret of application ${who.clientId}`,
      remedy: 'Give the value of the secret, not its ID, and check that it is of this application.',
    },
  ],
  [
    '7000222',
    {
      code: 'CREDENTIAL_REJECTED',
      message: (who) => `The client secret of application ${who.clientId} has expired`,
      remedy: 'Make a new secret, or use federation, which has no secret that expires.',
    },
  ],
  [
    '700016',
    {
      code: 'CREDENTIAL_REJECTED',
      message: (who) => `There is no application ${who.clientId} in tenant ${who.tenantId}`,
      remedy: 'Check client ID and tenant ID: both are on the overview of the app registration.',
    },
  ],
  [
    '7000112',
    {
      code: 'CREDENTIAL_REJECTED',
      message: (who) => `Application ${who.clientId} is disabled`,
      remedy: 'Ask an administrator of the tenant to enable the application.',
    },
  ],
  [
    '700027',
    {
      code: 'CREDENTIAL_REJECTED',
      message: (who) =>
        `Entra ID does not accept the certificate of application ${who.clientId}, or its assertion`,
      remedy: 'Add this certificate to the app registration, and check that it has not expired.',
    },
  ],
  ['90002', tenant],
  ['900023', tenant],
  ['500011', resource],
  ['50001', resource],
  ['70021', federation('no federated credential matches it')],
  ['700211', federation('no federated credential has its issuer')],
  ['700212', federation('no federated credential has its audience')],
  ['700213', federation('no federated credential has its subject')],
  ['700024', federation('it has expired, or is not valid yet')],
]);

/**
 * Numbers by which Entra ID says that it cannot answer just now: time-outs, budgets and failures
 * inside the service.
 */
const transientCodes = new Set([
  ...['50000', '50033', '80002', '90006', '90012', '90024'],
  ...['90025', '90033', '90055', '90090'],
]);

/** The number in an AADSTS message, without its letters; undefined when there is none. */
export function aadstsCode(text: string): string | undefined {
  return /AADSTS(\d{4,8})/.exec(text)?.[1];
}

/** Whether a refusal may be gone next time, although its status says otherwise. */
export function isTransientRefusal({ code, words }: ErrorResponse): boolean {
  return (
    transientCodes.has(aadstsCode(words) ?? '') ||
    code === 'temporarily_unavailable' ||
    code === 'server_error' ||
    /\btransient error\b|\btemporarily unavailable\b/i.test(words)
  );
}

/** Explains one refusal that stays; `words` is Entra ID's own sentence. */
export function explainRefusal(words: string, who: Refused): TrustError {
  const number = aadstsCode(words);
  if (number !== undefined && isConditionalAccess(number)) {
    return conditionalAccess(words, who);
  }
  const known = number === undefined ? undefined : meanings.get(number);
  const isCertificate = number === '700024' && who.assertion === undefined;
  const meaning = isCertificate ? wrongClock : known;
  if (meaning !== undefined) {
    return new TrustError(meaning.code, `${meaning.message(who)} (AADSTS${number ?? ''})`, {
      remedy: meaning.remedy,
    });
  }
  const said = words === '' ? 'without a reason' : words;
  if (who.assertion !== undefined) {
    // Whatever is wrong: what was judged is the token of this job.
    const { code, message, remedy } = federation(`Entra ID says "${said}"`);
    return new TrustError(code, message(who), { remedy });
  }
  return new TrustError(
    'CREDENTIAL_REJECTED',
    `Entra ID refused application ${who.clientId} in tenant ${who.tenantId} (${said})`,
    {
      remedy:
        number === undefined
          ? 'Check client ID, tenant ID and the credential.'
          : `See https://login.microsoftonline.com/error?code=${number} for what to do.`,
    },
  );
}

/** 53000 to 53011, and the newer ones with six digits. */
function isConditionalAccess(number: string): boolean {
  return /^53\d{3}$|^530\d{3,4}$/.test(number);
}

function conditionalAccess(words: string, who: Refused): TrustError {
  return new TrustError(
    'CREDENTIAL_REJECTED',
    `A Conditional Access policy of tenant ${who.tenantId} blocks application ${who.clientId} ` +
      `from ${who.scope} (${words})`,
    {
      remedy:
        'Ask an administrator of the tenant which policy it is (Microsoft Entra admin center, Sign-in logs, Service principal sign-ins).\nRun the job where the policy allows it, such as from an allowed network, or ask the administrator to exclude the application.',
    },
  );
}
