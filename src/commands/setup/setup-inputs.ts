/** What `setup` is asked for: what is to be signed, by whom, and where the pipeline runs. */
import { cloudOfRegistry, isRegistryHost, keyNameOf, isGuid } from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import type { Inputs } from '../../inputs/index.js';
import { parseRegistryHost, parseRepository } from '../../registry/index.js';
import { parseKeyReference, type VaultKeyReference } from '../../signing/index.js';
import {
  githubFederations,
  parseSetupName,
  parseTrigger,
  type Federation,
  type SetupHost,
  type SetupKey,
  type SetupRepository,
  type SetupRequest,
  type Shell,
} from '../../setup/index.js';
import { separateKeys } from '../../trust/index.js';
import { readRegistryId, registryId } from '../inputs/identity.js';
import { hsm, readVault, rootKey, rootVault, signingKey, vault } from '../inputs/key-inputs.js';
import { signatures } from '../inputs/notary-project.js';
import { outputFile, overwrite, readOutputFile } from '../inputs/output-file.js';
import type { Read } from '../inputs/read.js';
import { registry, repository, splitNames } from '../inputs/repositories.js';

export const setupInputs = {
  registry: { ...registry, required: true },
  repository: { ...repository, required: true, note: 'Several are separated by commas.' },
  'signing-key': {
    ...signingKey,
    note: 'A key, or for Notary Project a certificate, that need not exist yet.',
  },
  vault: {
    ...vault,
    note: 'Without `signing-key`, each repository gets a key of its own in it, named after the repository.',
  },
  'root-key': { ...rootKey, note: 'A key that need not exist yet.' },
  'root-vault': { ...rootVault, note: 'Without `root-key`, the key `root` in it.' },
  signatures,
  hsm,
  'certificate-subject': {
    type: 'text',
    group: 'keys',
    label: 'Subject of the certificate',
    help: 'Subject of a certificate that does not exist yet, with C, ST, O and CN: verifiers of Notary Project signatures name the signer by it.',
    example: 'C=US,ST=WA,O=Contoso,CN=release',
  },
  host: {
    type: 'choice',
    group: 'advanced',
    label: 'Host of the pipeline',
    help: 'Where the pipeline runs.',
    choices: { 'azure-pipelines': 'Azure Pipelines.', github: 'GitHub Actions.' },
    default: 'azure-pipelines',
    example: 'github',
  },
  pipeline: {
    type: 'text',
    group: 'advanced',
    label: 'Principal of the pipeline',
    help: 'Name of the application that the pipeline signs in as, which is made if it does not exist, or the client ID of one. Without it, `acr-content-trust-` and the name of the registry.',
    example: 'acr-content-trust-contoso',
  },
  'pipeline-object-id': {
    type: 'text',
    group: 'advanced',
    label: 'Object ID of the pipeline',
    help: 'Object ID of the service principal of the pipeline. With it, roles that it has already are left out.',
    example: '33333333-4444-5555-6666-777777777777',
  },
  owner: {
    type: 'text',
    group: 'advanced',
    label: 'Owner of the keys',
    help: 'Who creates the keys and initialises the repositories: the object ID of a person or group, or the name that a person signs in with. Without it, whoever runs the script.',
    example: 'owner@contoso.com',
  },
  'github-repository': {
    type: 'text',
    group: 'advanced',
    label: 'GitHub repository',
    help: 'The repository whose workflows sign in, such as `contoso/app`. Tokens of repositories that were created or renamed since June 2026 have the IDs of owner and repository: `contoso@1234567/app@7654321`.',
    example: 'contoso/app',
  },
  'github-trigger': {
    type: 'list',
    group: 'advanced',
    label: 'GitHub trigger',
    help: 'When its workflows sign in: `branch:<name>`, `tag:<name>`, `environment:<name>`, `pull-request`. Without it, `branch:main`.',
    example: 'branch:main, environment:production',
  },
  'service-connection': {
    type: 'text',
    group: 'advanced',
    label: 'Name of the service connection',
    help: 'The service connection of the pipeline. Without it, the name of the application.',
    example: 'contoso-production',
  },
  'devops-organization': {
    type: 'text',
    group: 'advanced',
    label: 'Azure DevOps organization',
    help: 'With `devops-project`, the service connection is made there if it does not exist.',
    example: 'contoso',
  },
  'devops-project': {
    type: 'text',
    group: 'advanced',
    label: 'Azure DevOps project',
    help: 'The project of the service connection.',
    example: 'shop',
  },
  'federation-issuer': {
    type: 'text',
    group: 'advanced',
    label: 'Issuer of the federation',
    help: 'Issuer of the tokens of the pipeline: as a draft of the service connection shows it, or that of a GitHub Enterprise Server (`https://<host>/_services/token`).',
    example: 'https://login.microsoftonline.com/66666666-7777-8888-9999-000000000000/v2.0',
  },
  'federation-subject': {
    type: 'text',
    group: 'advanced',
    label: 'Subject of the federation',
    help: 'Subject of the tokens of the pipeline, as a draft of the service connection shows it.',
    example: 'sc://contoso/shop/contoso-production',
  },
  'registry-id': registryId,
  'resource-group': {
    type: 'text',
    group: 'advanced',
    label: 'Resource group',
    help: 'Where new vaults are created. Without it, in that of the registry.',
    example: 'images',
  },
  location: {
    type: 'text',
    group: 'advanced',
    label: 'Region',
    help: 'The region of new vaults. Without it, that of the registry.',
    example: 'westeurope',
  },
  shell: {
    type: 'choice',
    group: 'advanced',
    label: 'Shell',
    help: 'What the script is written for.',
    choices: { bash: 'bash, from version 3.2 on.', powershell: 'PowerShell, from version 7.4 on.' },
    default: 'bash',
    example: 'powershell',
  },
  'from-zero': {
    type: 'boolean',
    group: 'advanced',
    label: 'From zero',
    help: 'Prints all steps, without looking at what is there already. The script looks itself.',
    default: false,
    example: 'true',
  },
  'pipeline-file': {
    type: 'text',
    group: 'advanced',
    label: 'File of the pipeline',
    help: 'Where the script writes the pipeline, unless a file is there. Without it, `azure-pipelines.yml` or `.github/workflows/image.yml`.',
    example: '.github/workflows/image.yml',
  },
  'output-file': outputFile,
  overwrite,
} as const satisfies Inputs;

/** What is to be set up, and how that is said. */
export interface SetupConfiguration {
  readonly request: SetupRequest;
  readonly shell: Shell;
  readonly isFromZero: boolean;
  /** Absolute path; undefined where it is printed alone. */
  readonly outputFile: string | undefined;
  readonly overwrite: boolean;
}

type ReadSetup = Read<typeof setupInputs>;

/** Reads it; undefined where the registry or a key cannot be read. */
export function readSetup(read: ReadSetup): SetupConfiguration | undefined {
  const { values } = read;
  const registryHost = readHost(read);
  if (values.signatures === 'either') {
    const problem = 'is "either", which is for verifying';
    read.conflict('signatures', problem, 'Set it to dct, notary-project or both.');
  }
  const signed = values.signatures === 'either' ? 'both' : values.signatures;
  if (signed === 'notary-project') refuseRoot(read);
  const root = signed === 'notary-project' ? undefined : readRoot(read);
  const repositories = readKeys(read, registryHost ?? '', signed, root);
  const name = registryHost?.split(/[-.]/)[0] ?? '';
  const application = readName('pipeline', 'application', read) ?? `acr-content-trust-${name}`;
  const isThere = isGuid(application);
  const host =
    values.host === 'github'
      ? readGitHub(isThere, read)
      : readPipelines(isThere ? `acr-content-trust-${name}` : application, isThere, read);
  const request = {
    cloud: cloudOfRegistry(registryHost ?? '')?.name ?? 'AzureCloud',
    registryId: readRegistryId(read),
    repositories,
    rootKey: root,
    signatures: signed,
    hsm: values.hsm,
    certificateSubject: readName('certificate-subject', 'subject', read),
    pipeline: isThere ? { clientId: application } : { name: application },
    pipelineObjectId: readName('pipeline-object-id', 'objectId', read),
    owner: readName('owner', 'owner', read),
    host,
    resourceGroup: readName('resource-group', 'resourceGroup', read),
    location: readName('location', 'location', read),
    pipelineFile:
      readName('pipeline-file', 'pipelineFile', read) ??
      (values.host === 'github' ? '.github/workflows/image.yml' : 'azure-pipelines.yml'),
  };
  const file = readOutputFile(read);
  if (registryHost === undefined) return undefined;
  return {
    request: { ...request, registry: registryHost },
    shell: values.shell,
    isFromZero: values['from-zero'],
    outputFile: file,
    overwrite: values.overwrite,
  };
}

type NameInput = {
  readonly [N in keyof typeof setupInputs]: (typeof setupInputs)[N] extends {
    readonly type: 'text';
  }
    ? N
    : never;
}[keyof typeof setupInputs];

function readName(
  input: NameInput,
  kind: Parameters<typeof parseSetupName>[0],
  { values, parse }: ReadSetup,
): string | undefined {
  const text = values[input];
  return text === undefined ? undefined : parse(input, () => parseSetupName(kind, text));
}

/** Only Azure has what is set up here. */
function readHost({ values, parse }: ReadSetup): string | undefined {
  const text = values.registry;
  if (text === undefined) return undefined;
  return parse('registry', () => {
    const host = parseRegistryHost(text);
    if (cloudOfRegistry(host) && isRegistryHost(host)) return host;
    throw new TrustError('INPUT_INVALID', `${host} is not a registry of Azure`, {
      remedy: 'Give the login server of an Azure Container Registry, such as contoso.azurecr.io.',
    });
  });
}

type Signatures = SetupRequest['signatures'];

/** Each repository with the key that signs it. */
function readKeys(
  read: ReadSetup,
  registryHost: string,
  signed: Signatures,
  root: VaultKeyReference | undefined,
): readonly SetupRepository[] {
  const { values, parse, add, conflict, nameInput } = read;
  const text = values['signing-key'];
  const vaultUrl = readVault('vault', read);
  if (text === undefined && values.vault === undefined) {
    const remedy = `Name the key (${nameInput('signing-key')}: https://contoso-keys.vault.azure.net/keys/team), or the vault in which each repository gets its own (${nameInput('vault')}: https://contoso-keys.vault.azure.net). They need not exist yet.`;
    add({ input: 'signing-key', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  if (text !== undefined && values.vault !== undefined) {
    const remedy = 'Give one key for all repositories, or the vault in which each gets its own.';
    conflict('vault', `is set, and so is "${nameInput('signing-key')}"`, remedy);
  }
  const shared =
    text === undefined ? undefined : parse('signing-key', () => parseKey(text, signed !== 'dct'));
  const kind = signed === 'dct' ? 'vault-key' : 'vault-certificate';
  const repositories = [...new Set(splitNames(values.repository))].flatMap(
    (name): readonly SetupRepository[] => {
      const found = parse('repository', () => parseRepository(name));
      if (found === undefined) return [];
      const own: SetupKey | undefined =
        vaultUrl === undefined
          ? undefined
          : { kind, vaultUrl, name: keyNameOf(found), version: undefined };
      const key = shared ?? own;
      return key ? [{ repository: found, gun: `${registryHost}/${found}`, key }] : [];
    },
  );
  const isRoot = ({ key }: SetupRepository): boolean =>
    root !== undefined && nameOf(key) === nameOf(root);
  if (repositories.some(isRoot)) {
    conflict('root-key', 'names the key that signs images', separateKeys);
  }
  return repositories;
}

/** Names in a vault differ in more than case, and a certificate has a key of its name. */
function nameOf({ vaultUrl, name }: SetupKey): string {
  return `${vaultUrl}/${name}`.toLowerCase();
}

function parseKey(text: string, needsCertificate: boolean): SetupKey {
  const reference = parseKeyReference(text);
  const isCertificate = reference.kind === 'vault-certificate';
  if (isCertificate || (reference.kind === 'vault-key' && !needsCertificate)) return reference;
  throw new TrustError(
    'KEY_REFERENCE_INVALID',
    needsCertificate
      ? 'Notary Project signs with a certificate in Key Vault'
      : 'The key that signs is not a key or certificate in Key Vault',
    {
      remedy: `Give its URL, such as https://contoso-keys.vault.azure.net/${needsCertificate ? 'certificates' : 'keys'}/team. It need not exist yet.`,
    },
  );
}

function refuseRoot({ values, conflict, nameInput }: ReadSetup): void {
  for (const input of ['root-key', 'root-vault'] as const) {
    if (values[input] === undefined) continue;
    const problem = `is set, and "${nameInput('signatures')}" is "notary-project"`;
    conflict(input, problem, 'Leave it out: Notary Project has no root key.');
  }
}

function readRoot(read: ReadSetup): VaultKeyReference | undefined {
  const { values, parse, add, conflict, nameInput } = read;
  const text = values['root-key'];
  const vaultUrl = readVault('root-vault', read);
  if (text === undefined && values['root-vault'] === undefined) {
    const remedy = `Name the vault of the root key, which no pipeline reaches: ${nameInput('root-vault')}: https://contoso-root.vault.azure.net. It need not exist yet.`;
    add({ input: 'root-vault', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  if (text !== undefined && values['root-vault'] !== undefined) {
    const remedy = 'Give the root key, or the vault in which it is called "root".';
    conflict('root-vault', `is set, and so is "${nameInput('root-key')}"`, remedy);
  }
  if (text === undefined) {
    return vaultUrl === undefined
      ? undefined
      : { kind: 'vault-key', vaultUrl, name: 'root', version: undefined };
  }
  return parse('root-key', () => {
    const reference = parseKeyReference(text);
    if (reference.kind === 'vault-key') return reference;
    throw new TrustError('KEY_REFERENCE_INVALID', 'The root key is not a key in Key Vault', {
      remedy:
        'Give its URL, such as https://contoso-root.vault.azure.net/keys/root. It need not exist yet.',
    });
  });
}

const pipelinesOnly = ['service-connection', 'devops-organization', 'devops-project'] as const;

function readGitHub(isThere: boolean, read: ReadSetup): SetupHost {
  const { values, parse, add, conflict, nameInput } = read;
  for (const input of [...pipelinesOnly, 'federation-subject'] as const) {
    if (values[input] === undefined) continue;
    const problem = `is set, and "${nameInput('host')}" is "github"`;
    conflict(input, problem, 'Leave it out: it is for Azure Pipelines.');
  }
  const texts = values['github-trigger'].length > 0 ? values['github-trigger'] : ['branch:main'];
  const triggers = texts.flatMap((text) => parse('github-trigger', () => parseTrigger(text)) ?? []);
  if (triggers.filter(({ kind }) => kind === 'environment').length > 1) {
    const remedy = 'Name one environment: a job has no more.';
    conflict('github-trigger', 'names several environments', remedy);
  }
  const name = values['github-repository'];
  if (name === undefined && !isThere) {
    add({ input: 'github-repository', problem: 'is not set', code: 'INPUT_MISSING' });
  }
  const issuer = readName('federation-issuer', 'issuer', read);
  const federations =
    name === undefined
      ? undefined
      : parse('github-repository', () => githubFederations(name, triggers, issuer));
  return { kind: 'github', triggers, federations: federations ?? [] };
}

function readPipelines(application: string, isThere: boolean, read: ReadSetup): SetupHost {
  const { values, add, conflict, nameInput } = read;
  if (values['github-repository'] !== undefined || values['github-trigger'].length > 0) {
    const input =
      values['github-repository'] === undefined ? 'github-trigger' : 'github-repository';
    const problem = `is set, and "${nameInput('host')}" is "azure-pipelines"`;
    conflict(input, problem, `Set ${nameInput('host')} to github, or leave it out.`);
  }
  const organization = readName('devops-organization', 'organization', read);
  const project = readName('devops-project', 'project', read);
  const issuer = readName('federation-issuer', 'issuer', read);
  const subject = readName('federation-subject', 'tokenSubject', read);
  const half = [
    ['devops-organization', 'devops-project'],
    ['federation-issuer', 'federation-subject'],
  ] as const;
  for (const [one, other] of half.flatMap(([a, b]) => [[a, b] as const, [b, a] as const])) {
    if (values[one] === undefined || values[other] !== undefined) continue;
    const problem = `is not set, but "${nameInput(one)}" is`;
    add({ input: other, problem, code: 'INPUT_MISSING' });
  }
  const isFederated = values['federation-issuer'] !== undefined;
  const isPlaced = values['devops-organization'] !== undefined;
  if (isFederated && isPlaced) {
    const problem = `is set, and so is "${nameInput('devops-organization')}"`;
    conflict('federation-issuer', problem, 'Leave it out: the service connection tells it.');
  }
  if (!isThere && !isFederated && !isPlaced && values['federation-subject'] === undefined) {
    const remedy = `Say where the service connection is: ${nameInput('devops-organization')} and ${nameInput('devops-project')}. Or save a draft of it in Azure DevOps (workload identity federation, manual), and give what it shows: ${nameInput('federation-issuer')} and ${nameInput('federation-subject')}.`;
    add({ input: 'devops-organization', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  const federations: readonly Federation[] =
    issuer === undefined || subject === undefined ? [] : [{ issuer, subject }];
  return {
    kind: 'azure-pipelines',
    serviceConnection: readName('service-connection', 'connection', read) ?? application,
    place:
      organization === undefined || project === undefined ? undefined : { organization, project },
    federations,
  };
}
