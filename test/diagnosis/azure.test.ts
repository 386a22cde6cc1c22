/** Identity, registry properties and rights, and keys, as the emulated Azure answers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clouds,
  createCredential,
  loginToRegistry,
  openChainSigner,
  openKey,
  parseRegistryId,
  type CloudName,
  type Identity,
} from '../../src/azure/index.js';
import { diagnose, type Finding, type Purpose } from '../../src/diagnosis/check.js';
import { identityChecks } from '../../src/diagnosis/identity.js';
import { keyChecks } from '../../src/diagnosis/keys.js';
import { propertyChecks } from '../../src/diagnosis/registry-properties.js';
import { registryChecks } from '../../src/diagnosis/registry.js';
import { createRegistryAccess } from '../../src/registry/index.js';
import { parseKeyReference } from '../../src/signing/index.js';
import type { ServicePrincipal } from '../azure-emulation/index.js';
import { startAzure, type EmulatedAzure } from '../azure/emulated-azure.js';

let azure: EmulatedAzure;
let registry: { loginServer: string; id: string };
const cloud = clouds.AzureCloud;
const clock = (): Date => new Date();
const { signal } = new AbortController();
const nameInput = (name: string): string => name;
const signing: Purpose = { isSigning: true, isDct: true, isNotaryProject: false };
const reading: Purpose = { ...signing, isSigning: false };
const vault = 'https://contoso.vault.azure.net';
let vaultId: string;

beforeAll(async () => {
  azure = await startAzure();
  registry = await azure.control.createRegistry({ name: 'contoso' });
  ({ id: vaultId } = await azure.control.createVault({ name: 'contoso' }));
});
afterAll(() => azure.close());

async function principalWith(
  roles: readonly string[],
  { scope = registry.id, tenantId }: { readonly scope?: string; readonly tenantId?: string } = {},
): Promise<ServicePrincipal> {
  const made = await azure.control.createServicePrincipal(
    tenantId === undefined ? {} : { tenantId },
  );
  for (const role of roles) {
    await azure.control.assignRole({ principalId: made.objectId, role, scope });
  }
  return made;
}

const credentialFor = ({ tenantId, clientId, clientSecret }: ServicePrincipal) =>
  createCredential({ kind: 'secret', tenantId, clientId, clientSecret }, azure);

const find = (findings: readonly Finding[], check: string): Finding | undefined =>
  findings.find((one) => one.check === check);

/** No finding holds a token or a secret. */
async function expectNoSecrets(findings: readonly Finding[]): Promise<void> {
  const text = JSON.stringify(findings);
  for (const token of await azure.control.issuedTokens()) expect(text).not.toContain(token);
  expect(text).not.toMatch(/\bey[\w-]{10,}\./);
}

describe('an identity', () => {
  async function look(identity: Identity | Error, isNeeded = true): Promise<readonly Finding[]> {
    const credential = identity instanceof Error ? undefined : createCredential(identity, azure);
    const checked = identityChecks({
      identity: () => {
        if (identity instanceof Error) throw identity;
        return identity;
      },
      isNeeded,
      isConnection: false,
      cloud,
      credential: credential ?? { getToken: () => Promise.reject(new Error('unused')) },
      http: azure.http,
      secrets: azure.secrets,
      clock,
      signal,
      environment: {},
    });
    const findings = await diagnose(checked.checks);
    await expectNoSecrets(findings);
    return findings;
  }

  it('with a secret is told by the claims of its token', async () => {
    const { tenantId, clientId, clientSecret, objectId } = await principalWith([]);
    const [kind, signIn, federation] = await look({
      kind: 'secret',
      ...{ tenantId, clientId, clientSecret },
    });
    expect(kind).toMatchObject({
      verdict: 'pass',
      reason: `service principal ${clientId} with a client secret; cloud AzureCloud`,
    });
    expect(signIn).toMatchObject({
      verdict: 'pass',
      facts: { clientId, objectId, tenantId, audience: 'https://containerregistry.azure.net' },
    });
    expect(signIn?.reason).toMatch(/token until \S+Z \((59|60) minutes\)$/);
    expect(federation).toMatchObject({
      verdict: 'pass',
      reason: expect.stringContaining('not used') as string,
    });
  });

  it('that Entra ID refuses fails where it is needed, and says nothing where it is not', async () => {
    const { tenantId, clientId } = await principalWith([]);
    const identity = { kind: 'secret', tenantId, clientId, clientSecret: 'wrong' } as const;
    expect(find(await look(identity), 'sign-in')).toMatchObject({
      verdict: 'fail',
      code: 'CREDENTIAL_REJECTED',
    });
    expect(find(await look(identity, false), 'sign-in')).toMatchObject({ verdict: 'unknown' });
  });

  it('by federation is told with what was sent, and how it must be registered', async () => {
    const { tenantId, clientId } = await principalWith([]);
    const issuer = 'https://token.issuer.test';
    const audience = 'api://AzureADTokenExchange';
    const registered = { issuer, subject: 'repo:contoso/app', audience };
    await azure.control.addFederatedCredential(clientId, registered);
    const sent = (subject: string): Identity => ({
      kind: 'assertion',
      tenantId,
      clientId,
      getAssertion: async () =>
        (await azure.control.issueFederatedToken({ issuer, subject })).token,
    });
    expect(find(await look(sent('repo:contoso/app')), 'federation')).toMatchObject({
      verdict: 'pass',
      facts: registered,
    });
    const other = find(await look(sent("repo:contoso/app:environment:it's")), 'federation');
    expect(other).toMatchObject({
      verdict: 'fail',
      code: 'FEDERATION_REFUSED',
      reason: expect.stringContaining(
        `sent: issuer "${issuer}", subject "repo:contoso/app:environment:it's", audience "${audience}"`,
      ) as string,
    });
    expect(other?.remedy).toContain(
      `az ad app federated-credential create --id ${clientId} --parameters '{"name":"acr-content-trust","issuer":"${issuer}","subject":"repo:contoso/app:environment:it'\\''s","audiences":["${audience}"]}'`,
    );
  });
});

describe('the properties of a registry', () => {
  async function look(
    principal: ServicePrincipal,
    {
      purpose = signing,
      registryId,
      of = registry.loginServer,
    }: {
      readonly purpose?: Purpose;
      readonly registryId?: string;
      readonly of?: string;
    } = {},
  ): Promise<readonly Finding[]> {
    const access = { cloud, credential: credentialFor(principal), http: azure.http, signal };
    const { clientId } = principal;
    const { checks } = propertyChecks({
      host: of,
      registryId,
      access,
      purpose,
      principal: Promise.resolve({ clientId }),
      signIn: Promise.resolve(),
      nameInput,
    });
    return diagnose(checks);
  }

  it('are found by the login server, and pass for a registry with content trust', async () => {
    const findings = await look(await principalWith(['Reader', 'AcrPush', 'AcrImageSigner']));
    expect(findings.map(({ check, verdict }) => `${check}: ${verdict}`)).toEqual([
      'tier: pass',
      'content trust policy: pass',
      'role assignment mode: pass',
      'customer-managed key: pass',
      'network rules: pass',
      'admin user: pass',
      'anonymous pull: pass',
      'authentication as ARM: pass',
      'role to pull: pass',
      'role to push: pass',
      'role to sign: pass',
    ]);
  });

  it('are not claimed for a principal that may not read them; its roles are', async () => {
    const principal = await principalWith(['AcrPush']);
    const [properties, roles] = await look(principal);
    expect(properties).toMatchObject({
      check: 'properties',
      verdict: 'unknown',
      reason: 'this principal may not read the properties of contoso.azurecr.io',
      remedy: expect.stringContaining('az acr show --name contoso --query id') as string,
    });
    expect(roles).toMatchObject({ check: 'roles', verdict: 'unknown' });
    const named = await look(principal, { registryId: parseRegistryId(registry.id) });
    expect(find(named, 'properties')).toMatchObject({ verdict: 'unknown' });
    expect(find(named, 'role to push')).toMatchObject({ verdict: 'pass' });
    expect(find(named, 'role to sign')).toMatchObject({
      verdict: 'fail',
      code: 'SIGNER_NOT_AUTHORIZED',
      remedy: expect.stringContaining(
        `az role assignment create --scope ${registry.id} --role AcrImageSigner --assignee ${principal.clientId}`,
      ) as string,
    });
  });

  it('of a reader need no roles to push and sign', async () => {
    const principal = await principalWith(['AcrPull']);
    const findings = await look(principal, { purpose: reading, registryId: registry.id });
    expect(find(findings, 'role to sign')).toMatchObject({ verdict: 'pass' });
    const nothing = await look(await principalWith([]), {
      purpose: reading,
      registryId: registry.id,
    });
    expect(find(nothing, 'role to pull')).toMatchObject({ verdict: 'fail' });
  });

  it.each([
    [{ contentTrust: false }, 'content trust policy', 'fail', 'has content trust disabled'],
    [{ sku: 'Standard', contentTrust: false }, 'tier', 'fail', 'is of tier Standard'],
    [{ roleAssignmentMode: 'AbacRepositoryPermissions' }, 'role assignment mode', 'fail', '(ABAC)'],
    [{ roleAssignmentMode: 'AbacRepositoryPermissions' }, 'roles', 'unknown', 'ignores AcrPull'],
    [{ customerManagedKey: true }, 'customer-managed key', 'warn', 'cannot have content trust'],
    [{ adminUserEnabled: true }, 'admin user', 'warn', 'can never sign'],
    [{ networkDefault: 'Deny' }, 'network rules', 'pass', 'selected addresses only'],
    [{ publicNetworkAccess: 'Disabled' }, 'network rules', 'pass', 'private endpoints only'],
    [{ armAudienceEnabled: false }, 'authentication as ARM', 'pass', 'disabled'],
    [{ anonymousPullEnabled: true }, 'anonymous pull', 'pass', 'images are public'],
  ] as const)('are judged: %j', async (settings, check, verdict, reason) => {
    const name = `reg${Math.random().toString(36).slice(2, 10)}`;
    const { id, loginServer } = await azure.control.createRegistry({ name, ...settings });
    const principal = await principalWith(['Reader'], { scope: id });
    const findings = await look(principal, { registryId: id, of: loginServer });
    const found = find(findings, check);
    expect(found).toMatchObject({ verdict, reason: expect.stringContaining(reason) as string });
    if (verdict === 'fail') expect(found?.remedy).toContain('Do not disable content trust');
  });

  it('of another registry are not taken for those of this one', async () => {
    const other = await azure.control.createRegistry({ name: 'another' });
    const principal = await principalWith(['Reader'], { scope: other.id });
    expect(find(await look(principal, { registryId: other.id }), 'properties')).toMatchObject({
      verdict: 'unknown',
      reason: 'the resource ID is of another.azurecr.io, not of contoso.azurecr.io',
    });
  });
});

describe('the rights in a registry', () => {
  async function look(
    principal: ServicePrincipal,
    {
      of = registry.loginServer,
      purpose = signing,
      as = 'AzureCloud',
    }: { readonly of?: string; readonly as?: CloudName; readonly purpose?: Purpose } = {},
  ): Promise<readonly Finding[]> {
    const { http, secrets } = azure;
    const login = async () => {
      const credential = credentialFor(principal);
      const options = { loginServer: of, credential, cloud, http, secrets };
      const made = await loginToRegistry(options);
      const access = createRegistryAccess({
        host: of,
        http,
        secrets,
        clock,
        credential: { kind: 'refresh-token', token: () => Promise.resolve(made.refreshToken) },
      });
      const client = { host: of, ...access };
      return {
        principal: made.principal,
        account: undefined,
        registry: access,
        trust: access,
        client,
      };
    };
    const opened = login();
    opened.catch(() => undefined);
    const findings = await diagnose(
      registryChecks({
        host: of,
        repositories: [{ repository: 'team/app', gun: `${of}/team/app` }],
        registryId: undefined,
        purpose,
        login: opened,
        signal,
        cloud: as,
        nameInput,
      }),
    );
    await expectNoSecrets(findings);
    return findings;
  }

  it('are told by the tokens of the registry', async () => {
    const findings = await look(await principalWith(['AcrPush', 'AcrImageSigner']));
    expect(find(findings, 'cloud')).toMatchObject({ verdict: 'pass', reason: 'AzureCloud' });
    const elsewhere = await look(await principalWith(['AcrPush']), { as: 'AzureChinaCloud' });
    expect(find(elsewhere, 'cloud')).toMatchObject({
      verdict: 'warn',
      reason: 'the registry is of AzureCloud, and the run signs in to AzureChinaCloud',
    });
    expect(find(findings, 'login')).toMatchObject({ verdict: 'pass' });
    expect(find(findings, 'right to read and push')).toMatchObject({
      verdict: 'pass',
      facts: { granted: ['pull', 'push'] },
    });
    expect(find(findings, 'right to sign')).toMatchObject({ verdict: 'pass' });
  });

  it('that are missing fail with the line that gives them, and only where they are needed', async () => {
    const principal = await principalWith(['AcrPull']);
    const findings = await look(principal);
    expect(find(findings, 'right to read and push')).toMatchObject({
      verdict: 'fail',
      code: 'PUSH_NOT_AUTHORIZED',
      reason: expect.stringContaining("the registry's token allows: pull") as string,
      remedy: expect.stringContaining(`--role AcrPush --assignee ${principal.clientId}`) as string,
    });
    expect(find(findings, 'right to sign')).toMatchObject({ verdict: 'warn' });
    const asReader = await look(principal, { purpose: reading });
    expect(asReader.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });

  it('are told in a registry with repository permissions, where roles say nothing', async () => {
    const abac = await azure.control.createRegistry({
      name: 'abacreg',
      roleAssignmentMode: 'AbacRepositoryPermissions',
    });
    const ignored = await principalWith(['AcrPush'], { scope: abac.id });
    expect(find(await look(ignored, { of: abac.loginServer }), 'login')).toMatchObject({
      verdict: 'fail',
    });
    const writer = await principalWith(['Container Registry Repository Writer'], {
      scope: abac.id,
    });
    const findings = await look(writer, { of: abac.loginServer });
    expect(find(findings, 'right to read and push')).toMatchObject({ verdict: 'pass' });
    expect(find(findings, 'right to sign')).toMatchObject({ verdict: 'warn' });
  });

  it('of a principal of another tenant are not known, and the login says why', async () => {
    const { tenantId } = await azure.control.createTenant();
    const findings = await look(await principalWith([], { tenantId }));
    expect(find(findings, 'login')).toMatchObject({
      verdict: 'fail',
      code: 'REGISTRY_LOGIN_REFUSED',
    });
    expect(find(findings, 'right to sign')).toMatchObject({
      verdict: 'unknown',
      reason: 'not checked: the login to contoso.azurecr.io failed',
    });
  });
});

describe('a key', () => {
  const reference = (kind: 'keys' | 'certificates', name: string) =>
    parseKeyReference(`${vault}/${kind}/${name}`);
  let owner: ServicePrincipal;
  beforeAll(async () => {
    owner = await principalWith(['Key Vault Crypto User', 'Key Vault Certificate User'], {
      scope: vaultId,
    });
  });

  async function look(
    named: ReturnType<typeof reference>,
    {
      as = owner,
      isNotaryProject = false,
      isDct = true,
    }: {
      readonly as?: ServicePrincipal;
      readonly isNotaryProject?: boolean;
      readonly isDct?: boolean;
    } = {},
  ): Promise<readonly Finding[]> {
    const credential = credentialFor(as);
    const { secrets } = azure;
    const opened = isDct
      ? openKey(named, { credential, secrets, passphraseInput: 'signing-key-passphrase' })
      : undefined;
    const chain =
      named.kind === 'vault-certificate'
        ? openChainSigner(named, undefined, credential, {
            clock,
            secrets,
            chainInput: 'certificate-chain',
          })
        : undefined;
    for (const pending of [opened, chain]) pending?.catch(() => undefined);
    return diagnose(
      keyChecks({
        check: 'signing key',
        reference: named,
        opened,
        chain,
        isNotaryProject,
        withinDays: 30,
        clock,
      }),
    );
  }

  const create = (name: string, more: object = {}) =>
    azure.control.createKey({ vault: 'contoso', name, kty: 'EC', ...more });
  const days = (count: number): number => Math.floor(Date.now() / 1000) + count * 86_400;

  it('that signs passes, with its type and ID', async () => {
    await create('good');
    const [key, signature] = await look(reference('keys', 'good'));
    expect(key).toMatchObject({ verdict: 'pass', facts: { type: 'EC P-256' } });
    expect(key?.reason).toMatch(/contoso\/good \(ES256\), EC P-256, key ID [0-9a-f]{64}$/);
    expect(signature).toMatchObject({
      verdict: 'pass',
      reason: 'it signed a random challenge, and the signature verifies',
    });
  });

  it.each([
    ['p384', { crv: 'P-384' }, 'KEY_UNSUITABLE', /curve P-384/, /--curve P-256/],
    ['disabled', { enabled: false }, 'KEY_DISABLED', /disabled/, /list-versions/],
    ['expired', { expires: days(-1) }, 'KEY_DISABLED', /expired on/, /list-versions/],
    ['verifies', { ops: ['verify'] }, 'KEY_UNSUITABLE', /does not permit/, /--ops sign verify/],
  ])('%s fails, and is not said to sign', async (name, more, code, reason, remedy) => {
    await create(name, more);
    const [key, signature] = await look(reference('keys', name));
    expect(key).toMatchObject({
      verdict: 'fail',
      code,
      reason: expect.stringMatching(reason) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
    expect(signature).toMatchObject({
      verdict: 'unknown',
      reason: 'not checked: opening the signing key failed',
    });
  });

  it('that expires soon is warned of', async () => {
    await create('soon', { expires: days(10) });
    const [key] = await look(reference('keys', 'soon'));
    expect(key).toMatchObject({
      verdict: 'warn',
      reason: expect.stringMatching(/expires on \d{4}-\d\d-\d\d$/) as string,
    });
  });

  it('that may be read and not used fails where it signs', async () => {
    await create('readonly');
    const reader = await principalWith(['Key Vault Reader'], { scope: vaultId });
    const [key, signature] = await look(reference('keys', 'readonly'), { as: reader });
    expect(key).toMatchObject({ verdict: 'pass' });
    expect(signature).toMatchObject({
      verdict: 'fail',
      code: 'VAULT_FORBIDDEN',
      remedy: expect.stringMatching(/--role "Key Vault Crypto User"/) as string,
    });
  });

  it('of another tenant fails with that', async () => {
    const { tenantId } = await azure.control.createTenant();
    const other = await principalWith([], { tenantId });
    const [key] = await look(reference('keys', 'good'), { as: other });
    expect(key).toMatchObject({ verdict: 'fail', code: 'CREDENTIAL_REJECTED' });
  });

  const subject = 'CN=contoso.com,O=Contoso,ST=WA,C=US';
  const certify = (name: string, more: object = {}) =>
    azure.control.createCertificate({ vault: 'contoso', name, kty: 'EC', subject, ...more });

  it('with a certificate is looked at for Notary Project too', async () => {
    await certify('fit');
    const [key, , certificate] = await look(reference('certificates', 'fit'), {
      isNotaryProject: true,
    });
    expect(key).toMatchObject({ verdict: 'pass' });
    expect(certificate).toMatchObject({
      verdict: 'pass',
      facts: { algorithm: 'ES256', certificates: 1 },
    });
  });

  it('with a curve for Notary Project alone is judged for that alone', async () => {
    await certify('wide', { crv: 'P-384' });
    const named = reference('certificates', 'wide');
    const [certificate, ...others] = await look(named, { isNotaryProject: true, isDct: false });
    expect(certificate).toMatchObject({ verdict: 'pass', facts: { algorithm: 'ES384' } });
    expect(others).toEqual([]);
  });

  it.each([
    [true, 'fail'],
    [false, 'warn'],
  ])('with an unfit certificate, needed for it: %s, is a %s', async (isNotaryProject, verdict) => {
    const name = `tls-${verdict}`;
    await certify(name, { keyUsage: ['digitalSignature', 'keyEncipherment'] });
    const findings = await look(reference('certificates', name), { isNotaryProject });
    expect(find(findings, 'signing key: certificate')).toMatchObject({
      verdict,
      code: 'CERTIFICATE_UNSUITABLE',
      remedy: expect.stringContaining('az keyvault certificate create') as string,
    });
  });

  it('whose chain may not be read is no matter where no chain is needed', async () => {
    await certify('issued', { issuer: 'Unknown', chainInSecret: true });
    const named = reference('certificates', 'issued');
    const limited = await principalWith([], { scope: vaultId });
    await azure.control.createRole({
      name: 'Certificates and keys',
      dataActions: [
        'Microsoft.KeyVault/vaults/certificates/read',
        'Microsoft.KeyVault/vaults/keys/read',
        'Microsoft.KeyVault/vaults/keys/sign/action',
      ],
    });
    await azure.control.assignRole({
      principalId: limited.objectId,
      role: 'Certificates and keys',
      scope: vaultId,
    });
    const without = await look(named, { as: limited });
    expect(find(without, 'signing key: certificate')).toMatchObject({ verdict: 'unknown' });
    const needed = await look(named, { as: limited, isNotaryProject: true });
    expect(find(needed, 'signing key: certificate')).toMatchObject({
      verdict: 'fail',
      code: 'VAULT_FORBIDDEN',
    });
  });
});
