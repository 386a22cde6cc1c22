/**
 * Role definitions, as far as registries and vaults ask for them. Pure data; the vendor's pages
 * on built-in roles decide.
 */

/** What a role permits; `*` matches any run of characters. */
export interface RoleDefinition {
  readonly id: string;
  readonly name: string;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

const acr = 'Microsoft.ContainerRegistry/registries';
const kv = 'Microsoft.KeyVault/vaults';

function role(
  id: string,
  name: string,
  actions: readonly string[],
  dataActions: readonly string[] = [],
  notActions: readonly string[] = [],
): RoleDefinition {
  return { id, name, actions, notActions, dataActions, notDataActions: [] };
}

const keyUse = ['encrypt', 'decrypt', 'wrap', 'unwrap', 'sign', 'verify'].map(
  (verb) => `${kv}/keys/${verb}/action`,
);
const secretUse = [`${kv}/secrets/getSecret/action`, `${kv}/secrets/readMetadata/action`];
const content = `${acr}/repositories/content`;
const metadata = `${acr}/repositories/metadata`;

/** The built-in roles the emulator knows. */
export const builtInRoles: readonly RoleDefinition[] = [
  role('8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'Owner', ['*']),
  role(
    'b24988ac-6180-42a0-ab88-20f7382dd24c',
    'Contributor',
    ['*'],
    [],
    [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
    ],
  ),
  role('acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader', ['*/read']),
  role('7f951dda-4ed3-4680-a7ca-43fe172d538d', 'AcrPull', [`${acr}/pull/read`]),
  role('8311e382-0749-4cb8-b61a-304f252e45ec', 'AcrPush', [
    `${acr}/pull/read`,
    `${acr}/push/write`,
  ]),
  role('c2f4ef07-c644-48eb-af81-4b1b4947fb11', 'AcrDelete', [`${acr}/artifacts/delete`]),
  role(
    '6cef56e8-d556-48e5-a04f-b8e64114680f',
    'AcrImageSigner',
    [`${acr}/sign/write`],
    [`${acr}/trustedCollections/write`],
  ),
  role(
    'b93aa761-3e63-49ed-ac28-beffa264f7ac',
    'Container Registry Repository Reader',
    [],
    [`${metadata}/read`, `${content}/read`],
  ),
  role(
    '2a1e307c-b015-4ebd-883e-5b7698a07328',
    'Container Registry Repository Writer',
    [],
    [`${metadata}/read`, `${content}/read`, `${metadata}/write`, `${content}/write`],
  ),
  role(
    '2efddaa5-3f1f-4df3-97df-af3f13818f4c',
    'Container Registry Repository Contributor',
    [],
    [
      `${metadata}/read`,
      `${content}/read`,
      `${metadata}/write`,
      `${content}/write`,
      `${metadata}/delete`,
      `${content}/delete`,
    ],
  ),
  role('00482a5a-887f-4fb3-b363-3b7fe8e74483', 'Key Vault Administrator', [], [`${kv}/*`]),
  role(
    '21090545-7ca7-4776-b22c-e363652d74d2',
    'Key Vault Reader',
    [`${kv}/read`],
    [`${kv}/*/read`, `${kv}/secrets/readMetadata/action`],
  ),
  role(
    '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
    'Key Vault Crypto Officer',
    [],
    [`${kv}/keys/*`, `${kv}/keyrotationpolicies/*`],
  ),
  role(
    '12338af0-0e69-4776-bea7-57ae8d297424',
    'Key Vault Crypto User',
    [],
    [`${kv}/keys/read`, `${kv}/keys/update/action`, `${kv}/keys/backup/action`, ...keyUse],
  ),
  role(
    'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
    'Key Vault Secrets Officer',
    [],
    [`${kv}/secrets/*`],
  ),
  role('4633458b-17de-408a-b874-0445c86b69e6', 'Key Vault Secrets User', [], secretUse),
  role(
    'a4417e6f-fecd-4de8-b567-7b0420556985',
    'Key Vault Certificates Officer',
    [],
    [`${kv}/certificatecas/*`, `${kv}/certificates/*`],
  ),
  role(
    'db79e9a7-68ee-4b58-9aeb-b90e7c24fcba',
    'Key Vault Certificate User',
    [],
    [`${kv}/certificates/read`, ...secretUse, `${kv}/keys/read`],
  ),
];
