/**
 * What Entra ID's error codes mean for a service principal in a pipeline. Source: Microsoft Entra
 * authentication and authorization error codes (AADSTS).
 */
import { TrustError } from '../errors.js';
import type { ErrorCode } from '../errors.js';

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
    `Entra ID accepts no token of this job for application ${who.clientId}: ${what}. ` +
    `The token has ${who.assertion ?? 'an unknown issuer, subject and audience'}`,
  remedy:
    'Add a federated credential with exactly this issuer, subject and audience to the ' +
    "application, or correct the one it has. On GitHub the subject depends on the job's branch, " +
    'tag, environment or pull request.',
});

const tenant: Meaning = {
  code: 'TENANT_NOT_FOUND',
  message: (who) => `Entra ID knows no tenant ${who.tenantId}`,
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
  message: (who) => `Entra ID finds what application ${who.clientId} signed out of date`,
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
        `Entra ID does not accept the certificate of application ${who.clientId}, or what it signed`,
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

/** The code in an AADSTS message, without its letters; undefined when there is none. */
export function aadstsCode(text: string): string | undefined {
  return /AADSTS(\d{4,8})/.exec(text)?.[1];
}

/** Explains one refusal; `text` is the SDK's message, of which only the description is repeated. */
export function explainRefusal(code: string, text: string, who: Refused): TrustError {
  const isCertificate = code === '700024' && who.assertion === undefined;
  const meaning = isCertificate ? wrongClock : meanings.get(code);
  if (meaning !== undefined) {
    return new TrustError(meaning.code, `${meaning.message(who)} (AADSTS${code})`, {
      remedy: meaning.remedy,
    });
  }
  const description = new RegExp(`AADSTS${code}:\\s*([^\r\n]*?)(?:\\s*Trace ID:|[\r\n]|$)`);
  const detail = (description.exec(text)?.[1] ?? '').replace(/[^\x20-\x7e]+/g, ' ').slice(0, 300);
  return new TrustError(
    'CREDENTIAL_REJECTED',
    `Entra ID refused application ${who.clientId} in tenant ${who.tenantId} ` +
      `(AADSTS${code}${detail === '' ? '' : `: ${detail}`})`,
    { remedy: `See https://login.microsoftonline.com/error?code=${code} for what to do.` },
  );
}
