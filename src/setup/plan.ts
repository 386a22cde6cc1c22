/**
 * From what is to be set up, and what is there already, to the script that makes what is missing. Each
 * step looks before it makes something, so that running the script twice does no harm.
 */
import { clouds, tagsFor } from '../azure/index.js';
import { TrustError } from '../errors.js';
import { formatKeyReference } from '../signing/index.js';
import { toBash } from './bash.js';
import { federationSections } from './federation.js';
import { pipelineFile } from './pipeline-file.js';
import { toPowerShell } from './powershell.js';
import type { NeededRole, Presence, Seen, SetupKey, SetupRequest } from './request.js';
import { isManagedHsm, keysOf, neededRoles, vaultNameOf, vaultsOf } from './roles.js';
import {
  az,
  contentOf,
  neededSections,
  ours,
  partsOf,
  text,
  variable,
  type Section,
  type Statement,
  type Word,
} from './script.js';

/** Shells that scripts are written for. */
const shells = { bash: toBash, powershell: toPowerShell } as const;
export type Shell = keyof typeof shells;

/** What is still to be done, and how. */
export interface SetupPlan {
  /** What each part of the script is about, in its order. */
  readonly steps: readonly string[];
  readonly script: string;
  readonly pipeline: {
    readonly file: string;
    /** Its text; what only the script knows stands there as `${name}`. */
    readonly text: string;
  };
}

/** @throws {TrustError} INPUT_MISSING where a certificate is to be made for a subject that nobody named. */
export function planSetup(request: SetupRequest, seen: Seen, shell: Shell): SetupPlan {
  const file = pipelineFile(request, {
    clientId: 'clientId' in request.pipeline ? request.pipeline.clientId : variable('client_id'),
    tenantId: seen.tenantId ?? variable('tenant_id'),
    pinOf: ({ gun }) => {
      if (request.rootKey === undefined) return undefined;
      return seen.roots.get(gun) ?? variable('root_key_id');
    },
  });
  const sections = neededSections([
    ...lookups(request, seen),
    ...federationSections(request),
    ...vaultsOf(request).flatMap((vaultUrl) => vaultSections(vaultUrl, request, seen)),
    ...roleSections('owner', request, seen),
    ...keySections(request, seen),
    ...roleSections('pipeline', request, seen),
    ...initSections(request, seen),
    {
      title: `The pipeline, in ${request.pipelineFile}.`,
      statements: [{ kind: 'keep', file: request.pipelineFile, text: file }],
    },
  ]);
  return {
    steps: sections
      .filter(({ provides }) => !provides)
      .map(({ title }) => title.replace(/\.$/, '')),
    script: shells[shell](introduction(request, seen), sections),
    pipeline: { file: request.pipelineFile, text: shown(file) },
  };
}

function introduction(
  { registry, repositories }: SetupRequest,
  { reasons }: Seen,
): readonly string[] {
  return [
    `Sets up what is missing to sign ${repositories.map(({ gun }) => gun).join(', ')}.`,
    `Read it, then run it in the folder of the pipeline, logged in with \`az login\` as a person who may`,
    `create applications and assign roles on ${registry}.`,
    'It may be run again: what is there already stays as it is.',
    ...reasons.map((why) => `Could not be seen: ${why}.`),
  ];
}

/** What other sections ask for. */
function lookups(request: SetupRequest, seen: Seen): readonly Section[] {
  const { registry, cloud, owner } = request;
  const registryId = request.registryId ?? seen.registryId;
  const read = (title: string, name: string, command: readonly Word[], none: string): Section => ({
    title,
    provides: [name],
    statements: [
      { kind: 'capture', variable: name, command },
      { kind: 'require one', variable: name, none },
    ],
  });
  const show = { query: 'id', output: 'tsv' };
  return [
    ...(cloud === clouds.AzureCloud.name
      ? []
      : [
          {
            title: `The cloud of ${registry}.`,
            statements: [
              {
                kind: 'capture',
                variable: 'cloud',
                command: az('cloud show', { query: 'name', output: 'tsv' }),
              },
              {
                kind: 'require equal',
                variable: 'cloud',
                value: cloud,
                message: `Run \`az cloud set --name ${cloud}\` and \`az login\` first.`,
              },
            ] satisfies readonly Statement[],
          } satisfies Section,
        ]),
    registryId === undefined
      ? read(
          'The registry.',
          'registry_id',
          az('acr list', { query: `[?loginServer=='${registry}'].id`, output: 'tsv' }),
          `There is no ${registry} in this subscription. Choose its subscription with \`az account set --subscription <name>\`.`,
        )
      : {
          title: 'The registry.',
          provides: ['registry_id'],
          statements: [{ kind: 'set', variable: 'registry_id', value: registryId }],
        },
    read(
      'Where new vaults are: beside the registry.',
      'resource_group',
      az('resource show', { ids: variable('registry_id'), query: 'resourceGroup', output: 'tsv' }),
      'The resource group of the registry cannot be read.',
    ),
    read(
      'The location of new vaults: that of the registry.',
      'location',
      az('resource show', { ids: variable('registry_id'), query: 'location', output: 'tsv' }),
      'The location of the registry cannot be read.',
    ),
    read(
      'The tenant.',
      'tenant_id',
      az('account show', { query: 'tenantId', output: 'tsv' }),
      'Azure CLI does not know the tenant. Run `az login`.',
    ),
    read(
      'The subscription.',
      'subscription_id',
      az('account show', show),
      'Azure CLI does not know the subscription. Run `az login`.',
    ),
    owner === undefined
      ? read(
          'The owner: who runs this.',
          'owner_id',
          az('ad signed-in-user show', show),
          'Azure CLI does not know who you are. Run `az login` as a person.',
        )
      : {
          title: 'The owner.',
          provides: ['owner_id'],
          statements: [{ kind: 'set', variable: 'owner_id', value: owner }],
        },
  ];
}

const unseenNote: Statement = {
  kind: 'comment',
  text: 'Whether it is there already could not be seen.',
};

const noteIf = (presence: Presence | undefined): readonly Statement[] =>
  presence === 'unseen' ? [unseenNote] : [];

/** The variable that holds the resource ID of a vault. */
const vaultVariable = (vaultUrl: string): string =>
  `${vaultNameOf(vaultUrl).replaceAll('-', '_')}_id`;

function vaultSections(vaultUrl: string, request: SetupRequest, seen: Seen): readonly Section[] {
  if (isManagedHsm(vaultUrl)) return [];
  const name = vaultNameOf(vaultUrl);
  const id = vaultVariable(vaultUrl);
  const find: Statement = {
    kind: 'capture',
    variable: id,
    command: az('keyvault list', { query: `[?name=='${name}'].id`, output: 'tsv' }),
  };
  const presence = seen.vaults.get(vaultUrl);
  if (presence === 'there') {
    const none = `There is no vault ${name} in this subscription. Choose its subscription with \`az account set --subscription <name>\`.`;
    return [
      {
        title: `The vault ${name}.`,
        provides: [id],
        statements: [find, { kind: 'require one', variable: id, none }],
      },
    ];
  }
  const rbac = `${id.slice(0, -'_id'.length)}_roles`;
  const isRoot = request.rootKey?.vaultUrl === vaultUrl;
  return [
    {
      title: `The vault ${name}${isRoot ? ', which no pipeline reaches' : ''}.`,
      statements: [
        ...noteIf(presence),
        find,
        {
          kind: 'if empty',
          variable: id,
          body: [
            {
              kind: 'capture',
              variable: id,
              command: az('keyvault create', {
                name,
                'resource-group': request.resourceGroup ?? variable('resource_group'),
                location: request.location ?? variable('location'),
                sku: request.hsm ? 'premium' : 'standard',
                'enable-rbac-authorization': 'true',
                'enable-purge-protection': 'true',
                'retention-days': '90',
                query: 'id',
                output: 'tsv',
              }),
            },
          ],
        },
        {
          kind: 'capture',
          variable: rbac,
          command: az('keyvault show', {
            name,
            query: 'properties.enableRbacAuthorization',
            output: 'tsv',
          }),
        },
        {
          kind: 'require equal',
          variable: rbac,
          value: 'true',
          message: `The vault ${name} uses access policies, not roles. Name another vault, or give the permissions as docs/permissions.md says.`,
        },
        {
          kind: 'comment',
          text: 'Nobody can destroy its keys for good before 90 days have passed. This cannot be switched off again.',
        },
        {
          kind: 'run',
          command: az('keyvault update', {
            name,
            'enable-purge-protection': 'true',
            output: 'none',
          }),
        },
      ],
    },
  ];
}

const whose = { owner: 'the owner', pipeline: 'the pipeline' } as const;

function roleSections(
  who: NeededRole['who'],
  request: SetupRequest,
  seen: Seen,
): readonly Section[] {
  const isByRepository = seen.roleMode === 'repositories';
  const missing = neededRoles(request, seen.roleMode).filter(
    (role) => role.who === who && seen.roles(role) !== 'there',
  );
  if (missing.length === 0) return [];
  const checksMode = who === 'pipeline' && seen.roleMode === 'unknown';
  return [
    {
      title: `The roles of ${whose[who]}.`,
      statements: [
        { kind: 'comment', text: 'One that is assigned already stays as it is.' },
        ...(checksMode ? modeCheck(request) : []),
        ...missing.flatMap((role) => roleStatements(role, request, isByRepository)),
        ...(who === 'owner' ? waitsFor(missing) : []),
      ],
    },
  ];
}

/** A registry with repository permissions takes no notice of AcrPush, and has no content trust. */
function modeCheck({ registry, signatures }: SetupRequest): readonly Statement[] {
  const why = `${registry} uses repository permissions (ABAC) and ignores AcrPush`;
  return [
    {
      kind: 'capture',
      variable: 'is_by_repository',
      command: az('resource show', {
        ids: variable('registry_id'),
        query: `properties.roleAssignmentMode=='AbacRepositoryPermissions'`,
        output: 'tsv',
      }),
    },
    {
      kind: 'require equal',
      variable: 'is_by_repository',
      value: 'false',
      message:
        signatures === 'notary-project'
          ? `${why}. Run setup without from-zero, as a person who may read the registry: then it assigns roles for repositories.`
          : `${why}. It has no content trust: use another registry, or signatures: notary-project.`,
    },
  ];
}

function roleStatements(
  { who, role, on }: NeededRole,
  request: SetupRequest,
  isByRepository: boolean,
): readonly Statement[] {
  if (on.kind === 'vault' && isManagedHsm(on.vaultUrl)) {
    return [
      {
        kind: 'run',
        command: az('keyvault role assignment create', {
          'hsm-name': vaultNameOf(on.vaultUrl),
          role: role.replace(/^Key Vault/, 'Managed HSM'),
          scope: on.object === undefined ? '/keys' : `/${on.object}`,
          'assignee-object-id': variable(who === 'owner' ? 'owner_id' : 'pipeline_id'),
          output: 'none',
        }),
      },
    ];
  }
  const scope: Word =
    on.kind === 'registry'
      ? variable('registry_id')
      : text`${variable(vaultVariable(on.vaultUrl))}${on.object === undefined ? '' : `/${on.object}`}`;
  const isLimited = role === 'Container Registry Repository Writer' && isByRepository;
  return [
    ...(isLimited ? [limitTo(request)] : []),
    {
      kind: 'run',
      command: az('role assignment create', {
        role,
        scope,
        // A new principal is not found everywhere at once; its kind says that nobody need look.
        ...(who === 'owner'
          ? { assignee: variable('owner_id') }
          : {
              'assignee-object-id': variable('pipeline_id'),
              'assignee-principal-type': 'ServicePrincipal',
            }),
        ...(isLimited && { condition: contentOf('condition.txt'), 'condition-version': '2.0' }),
        output: 'none',
      }),
    },
  ];
}

/** Registries with repository permissions can limit a role to repositories. */
function limitTo({ repositories }: SetupRequest): Statement {
  const actions = ['content/read', 'content/write', 'metadata/read', 'metadata/write'].map(
    (action) => `!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/${action}'})`,
  );
  const names = repositories.map(
    ({ repository }) =>
      `@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase '${repository}'`,
  );
  return {
    kind: 'write',
    file: 'condition.txt',
    text: `((${actions.join(' AND ')}) OR (${names.join(' OR ')}))\n`,
  };
}

/** Waits until the owner's new roles on vaults count: the next step would be refused. */
function waitsFor(assigned: readonly NeededRole[]): readonly Statement[] {
  const waits = assigned.flatMap(({ role, on }): readonly Statement[] => {
    if (on.kind === 'registry') return [];
    const name = vaultNameOf(on.vaultUrl);
    const kind = role === 'Key Vault Certificates Officer' ? 'certificate' : 'key';
    const vault = isManagedHsm(on.vaultUrl) ? { 'hsm-name': name } : { 'vault-name': name };
    return [
      {
        kind: 'wait',
        command: az(`keyvault ${kind} list`, { ...vault, output: 'none' }),
        message: `The role "${role}" on ${name} does not count yet, or a firewall blocks this machine. Run this again in some minutes.`,
      },
    ];
  });
  return waits.length === 0
    ? []
    : [{ kind: 'comment', text: 'A new role takes some minutes to take effect.' }, ...waits];
}

function keySections(request: SetupRequest, seen: Seen): readonly Section[] {
  const { rootKey, repositories } = request;
  const guns = (key: SetupKey): readonly string[] =>
    repositories.flatMap((one) => (one.key === key || isSame(one.key, key) ? [one.gun] : []));
  const sections = keysOf(request).map((key) => keySection(key, guns(key), request, seen));
  return [...(rootKey ? [keySection(rootKey, undefined, request, seen)] : []), ...sections].flat();
}

const isSame = (one: SetupKey, other: SetupKey): boolean =>
  formatKeyReference(one) === formatKeyReference(other);

/** @param guns what the key signs; undefined for the root key. */
function keySection(
  key: SetupKey,
  guns: readonly string[] | undefined,
  request: SetupRequest,
  seen: Seen,
): readonly Section[] {
  const presence = seen.keys.get(formatKeyReference(key));
  if (presence === 'there') return [];
  const { vaultUrl, name, kind } = key;
  const vaultName = vaultNameOf(vaultUrl);
  const vault = isManagedHsm(vaultUrl) ? { 'hsm-name': vaultName } : { 'vault-name': vaultName };
  const noun = kind === 'vault-key' ? 'key' : 'certificate';
  const found = `${name.replace(/\W/g, '_')}_${noun}`;
  const isHard = request.hsm || isManagedHsm(vaultUrl);
  const made: readonly Statement[] =
    kind === 'vault-certificate'
      ? [
          { kind: 'write', file: 'policy.json', text: certificatePolicy(request) },
          {
            kind: 'run',
            command: az('keyvault certificate create', {
              'vault-name': vaultName,
              name,
              policy: contentOf('policy.json'),
              output: 'none',
            }),
          },
        ]
      : [
          {
            kind: 'run',
            command: az(
              'keyvault key create',
              { ...vault, name, kty: isHard ? 'EC-HSM' : 'EC', curve: 'P-256', output: 'none' },
              '--ops',
              'sign',
              'verify',
              '--tags',
              ...tagsOf(guns),
            ),
          },
        ];
  const collection = kind === 'vault-key' ? 'keys' : 'certificates';
  const id = kind === 'vault-key' ? 'kid' : 'id';
  return [
    {
      title:
        guns === undefined
          ? `The root key ${name}: needed to initialise and to rotate, never to sign images.`
          : `The ${noun} ${name}, which signs ${guns.join(', ')}.`,
      statements: [
        ...noteIf(presence),
        {
          kind: 'capture',
          variable: found,
          command: az(`keyvault ${noun} list`, {
            ...vault,
            query: `[?ends_with(${id}, '/${collection}/${name}')].${id}`,
            output: 'tsv',
          }),
        },
        { kind: 'if empty', variable: found, body: made },
      ],
    },
  ];
}

function tagsOf(guns: readonly string[] | undefined): readonly string[] {
  const gun = guns?.length === 1 ? guns[0] : undefined;
  const tags = tagsFor(guns === undefined ? { role: 'root' } : { role: 'targets', gun });
  return Object.entries(tags).map(([name, value]) => `${name}=${value}`);
}

/** One that every verifier accepts, and whose key stays when it is renewed: so does its ID in trust data. */
function certificatePolicy({ certificateSubject, hsm }: SetupRequest): string {
  if (certificateSubject === undefined) {
    throw new TrustError(
      'INPUT_MISSING',
      'A certificate is to be made, and its subject is not set.',
      {
        remedy:
          'Set certificate-subject, such as "C=US,ST=WA,O=Contoso,CN=release": verifiers name the signer by it.',
      },
    );
  }
  const policy = {
    issuerParameters: { name: 'Self' },
    keyProperties: {
      exportable: false,
      keyType: hsm ? 'EC-HSM' : 'EC',
      curve: 'P-256',
      reuseKey: true,
    },
    secretProperties: { contentType: 'application/x-pem-file' },
    x509CertificateProperties: {
      ekus: ['1.3.6.1.5.5.7.3.3'],
      keyUsage: ['digitalSignature'],
      subject: certificateSubject,
      validityInMonths: 12,
    },
  };
  return `${JSON.stringify(policy, undefined, 2)}\n`;
}

function initSections(request: SetupRequest, seen: Seen): readonly Section[] {
  const { rootKey, registry, repositories } = request;
  if (rootKey === undefined) return [];
  return keysOf(request).flatMap((key): readonly Section[] => {
    const fresh = repositories.filter(
      ({ key: own, gun }) => isSame(own, key) && seen.roots.get(gun) === undefined,
    );
    if (fresh.length === 0) return [];
    return [
      {
        title: `Trust data of ${fresh.map(({ gun }) => gun).join(', ')}, and the ID of the root key to pin.`,
        statements: [
          ...(fresh.some(({ gun }) => seen.roots.has(gun)) ? [unseenNote] : []),
          {
            kind: 'capture output',
            variable: 'root_key_id',
            output: 'rootKeyId',
            command: ours('keys init', {
              registry,
              repository: fresh.map(({ repository }) => repository).join(','),
              'root-key': formatKeyReference(rootKey),
              'signing-key': formatKeyReference(key),
              json: true,
            }),
          },
          {
            kind: 'require one',
            variable: 'root_key_id',
            none: 'The output of keys init has no ID of the root key.',
          },
        ],
      },
    ];
  });
}

/** A text for people: variables by their names. */
function shown(word: Word): string {
  return partsOf(word)
    .map((part) => (typeof part === 'string' ? part : `\${${part.variable}}`))
    .join('');
}
