/**
 * Checks of the identity: what the run signs in with, whom Entra ID takes it for, and how a federated
 * token speaks of it. Of tokens only claims are told.
 */
import type { TokenCredential } from '@azure/core-auth';
import { assertionOf, principalOf, type Cloud, type Identity } from '../azure/index.js';
import { commandLine } from '../command-line.js';
import { startInBackground } from '../concurrency.js';
import { isTrustError } from '../errors.js';
import { unverifiedClaims, type HttpClient } from '../http/index.js';
import type { Clock, Secrets } from '../ports.js';
import { needing, pass, unknown, type Check, type Observation } from './check.js';

/** Who signs in, and how. */
export interface IdentityToCheck {
  /** @throws {TrustError} where the inputs name none that can be used. */
  readonly identity: () => Identity;
  /** Whether anything that was given needs it. */
  readonly isNeeded: boolean;
  /** Whether a service connection of Azure Pipelines names it. */
  readonly isConnection: boolean;
  readonly cloud: Cloud;
  readonly credential: TokenCredential;
  readonly http: HttpClient;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the identity is checked for, and the sign-in that others wait for. */
export function identityChecks(checked: IdentityToCheck): {
  readonly checks: readonly Check[];
  readonly signIn: Promise<unknown>;
} {
  const area = 'identity';
  const onError = checked.isNeeded ? 'fail' : 'unknown';
  const signIn = startInBackground(signInOf(checked));
  const checks: readonly Check[] = [
    {
      area,
      check: 'kind',
      onError,
      look: () =>
        Promise.resolve().then(() => pass(`${kindOf(checked)}; cloud ${checked.cloud.name}`)),
    },
    { area, check: 'sign-in', onError, look: () => signIn },
    { area, check: 'federation', onError, look: () => lookAtFederation(checked, signIn) },
  ];
  return { checks, signIn };
}

function kindOf({ identity, isConnection, environment }: IdentityToCheck): string {
  const found = identity();
  const from = isConnection ? ', from the service connection' : '';
  switch (found.kind) {
    case 'secret':
      return `service principal ${found.clientId} with a client secret${from}`;
    case 'certificate':
      return `service principal ${found.clientId} with a client certificate${from}`;
    case 'assertion':
      return `service principal ${found.clientId} with the OpenID Connect token of GitHub`;
    case 'pipelines':
      return `service principal ${found.clientId} with workload identity federation${from}`;
    case 'managed-identity': {
      const named = found.clientId ?? found.objectId ?? found.resourceId;
      return named === undefined
        ? `system-assigned managed identity of this machine${from}`
        : `user-assigned managed identity ${named}${from}`;
    }
    case 'default': {
      const set = environmentNames.filter((name) => environment[name]);
      const variables = set.length === 0 ? 'no variable of it is set' : `set: ${set.join(', ')}`;
      return `none is named, so the first source of DefaultAzureCredential that has a token: environment (${variables}), managed identity, Azure CLI and others`;
    }
  }
}

/** What DefaultAzureCredential reads; only the names are told. */
const environmentNames = [
  'AZURE_TENANT_ID',
  'AZURE_CLIENT_ID',
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_FEDERATED_TOKEN_FILE',
  'IDENTITY_ENDPOINT',
];

async function signInOf({
  cloud,
  credential,
  clock,
  signal,
}: IdentityToCheck): Promise<Observation> {
  const audience = cloud.registryAudience;
  const given = await credential.getToken(`${audience}/.default`, { abortSignal: signal });
  const token = given?.token ?? '';
  const claims = unverifiedClaims(token);
  if (!claims) return pass('signed in; the token does not tell for whom');
  const { objectId, clientId, tenantId } = principalOf(token);
  const text = (name: string): string | undefined => {
    const value = claims[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const name = text('app_displayname') ?? text('upn') ?? text('preferred_username') ?? text('name');
  const expires = typeof claims.exp === 'number' ? new Date(claims.exp * 1000) : undefined;
  const minutes = expires && Math.round((expires.getTime() - clock().getTime()) / 60_000);
  const facts = {
    ...{ name, clientId, objectId, tenantId, issuer: text('iss'), audience: text('aud') },
    expires: expires?.toISOString(),
  };
  const said = [
    ['', name],
    ['client ID ', clientId],
    ['object ID ', objectId],
    ['tenant ', tenantId],
    ['audience ', facts.audience],
  ].flatMap(([word = '', value]) => (value === undefined ? [] : [word + value]));
  const until =
    expires === undefined || minutes === undefined
      ? ''
      : `, token until ${expires.toISOString()} (${minutes} minutes)`;
  return pass(`${said.join(', ')}${until}`, { facts });
}

/** The name that Entra ID requires of a federated credential is up to its owner. */
const credentialName = 'acr-content-trust';

async function lookAtFederation(
  { identity, http, secrets }: IdentityToCheck,
  signIn: Promise<unknown>,
): Promise<Observation> {
  const found = await needing('choosing an identity', Promise.resolve().then(identity));
  const getAssertion = assertionOf(found, http);
  if (!getAssertion || !('clientId' in found)) {
    return pass('not used: this identity signs in without federation');
  }
  const { clientId } = found;
  const assertion = await getAssertion();
  secrets.mask(assertion);
  const { iss, sub, aud } = unverifiedClaims(assertion) ?? {};
  const sent = { issuer: iss, subject: sub, audience: aud };
  const said = `sent: issuer ${JSON.stringify(iss)}, subject ${JSON.stringify(sub)}, audience ${JSON.stringify(aud)}`;
  try {
    await signIn;
  } catch (error) {
    if (!isTrustError(error, 'FEDERATION_REFUSED')) {
      return {
        ...unknown(`${said}; the sign-in failed, so whether it is registered so is not known`),
        facts: sent,
      };
    }
    return {
      verdict: 'fail',
      code: error.code,
      reason: `${said}; the application ${clientId} has no federated credential with exactly these`,
      remedy: registration(clientId, sent),
      facts: sent,
    };
  }
  return pass(`${said}; registered so`, { facts: sent });
}

/** The command that registers what was sent. */
function registration(
  clientId: string,
  { issuer, subject, audience }: Readonly<Record<'issuer' | 'subject' | 'audience', unknown>>,
): string {
  const parameters = JSON.stringify({
    name: credentialName,
    issuer,
    subject,
    audiences: [audience].flat(),
  });
  return [
    'Have the owner of the application register what is sent, letter by letter:',
    commandLine(['az', 'ad', 'app', 'federated-credential', 'create'], {
      id: clientId,
      parameters,
    }),
    'Or, if it is a user-assigned managed identity:',
    commandLine(['az', 'identity', 'federated-credential', 'create'], {
      'identity-name': '<name>',
      'resource-group': '<resource group>',
      name: credentialName,
      issuer: String(issuer),
      subject: String(subject),
      audiences: String(audience),
    }),
  ].join('\n');
}
