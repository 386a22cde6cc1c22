/** The pipeline that builds, pushes and signs, as its host reads it. */
import { version } from '../version.js';
import type { GitHubTrigger, SetupRepository, SetupRequest } from './request.js';
import { partsOf, type Word } from './script.js';

/** What a pipeline names besides the request; what is not known yet is a variable of the script. */
export interface PipelineFacts {
  readonly clientId: Word;
  readonly tenantId: Word;
  /** The ID of the root key of a repository; undefined without Docker Content Trust. */
  readonly pinOf: (repository: SetupRepository) => Word | undefined;
}

const [major = ''] = version.split('.');

/** GitHub's own action, of the version that the examples have. */
const checkout = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1';

/** The file, in YAML. */
export function pipelineFile(request: SetupRequest, facts: PipelineFacts): Word {
  const lines =
    request.host.kind === 'github'
      ? workflow(request, request.host.triggers, facts)
      : pipeline(request, request.host.serviceConnection, facts);
  return joined(lines);
}

function workflow(
  request: SetupRequest,
  triggers: readonly GitHubTrigger[],
  { clientId, tenantId, pinOf }: PipelineFacts,
): readonly Word[] {
  const { registry, repositories, signatures } = request;
  const named = (kind: GitHubTrigger['kind']): readonly string[] =>
    triggers.flatMap((one) => (one.kind === kind ? [scalar(one.name)] : []));
  const tags = named('tag');
  const isForPullRequests = triggers.some(({ kind }) => kind === 'pull-request');
  const branches = named('branch');
  const isPushed = branches.length > 0 || tags.length > 0 || !isForPullRequests;
  const [environment] = named('environment');
  return [
    'name: Image',
    '',
    'on:',
    ...(isPushed ? ['  push:'] : []),
    ...(isPushed && (branches.length > 0 || tags.length === 0)
      ? [`    branches: [${branches.length > 0 ? branches.join(', ') : 'main'}]`]
      : []),
    ...(tags.length > 0 ? [`    tags: [${tags.join(', ')}]`] : []),
    ...(isForPullRequests ? ['  pull_request:'] : []),
    '',
    'permissions: {}',
    '',
    'concurrency:',
    '  group: image-${{ github.ref }}',
    '  cancel-in-progress: false',
    '',
    'jobs:',
    '  image:',
    '    runs-on: ubuntu-24.04',
    ...(environment === undefined ? [] : [`    environment: ${environment}`]),
    '    permissions:',
    '      contents: read',
    '      # Signs in to Azure without a stored secret.',
    '      id-token: write',
    '    steps:',
    `      - uses: ${checkout}`,
    '        with:',
    '          persist-credentials: false',
    ...repositories.flatMap((one, index): readonly Word[] => [
      `      - name: Build, push and sign ${one.repository}`,
      `        id: ${stepName(index, repositories)}`,
      `        uses: acr-content-trust/acr-content-trust@v${major}`,
      '        with:',
      entry('          client-id', clientId),
      entry('          tenant-id', tenantId),
      `          registry: ${scalar(registry)}`,
      `          repository: ${scalar(one.repository)}`,
      '          tags: ${{ github.sha }}',
      ...contextOf(one, repositories).map((line) => `          ${line}`),
      ...(signatures === 'dct' ? [] : [`          signatures: ${signatures}`]),
      `          signing-key: ${keyUrl(one)}`,
      ...pinEntry('          trust-pin', pinOf(one)),
    ]),
  ];
}

function pipeline(
  { registry, repositories, signatures }: SetupRequest,
  serviceConnection: string,
  { pinOf }: PipelineFacts,
): readonly Word[] {
  return [
    'trigger:',
    '  branches:',
    '    include: [main]',
    'pr: none',
    '',
    'pool:',
    '  vmImage: ubuntu-24.04',
    '',
    'steps:',
    '  - checkout: self',
    ...repositories.flatMap((one, index): readonly Word[] => [
      `  - task: AcrContentTrust@${major}`,
      `    name: ${stepName(index, repositories)}`,
      `    displayName: Build, push and sign ${one.repository}`,
      '    inputs:',
      '      command: buildAndPush',
      `      azureSubscription: ${scalar(serviceConnection)}`,
      `      registry: ${scalar(registry)}`,
      `      repository: ${scalar(one.repository)}`,
      '      tags: $(Build.BuildNumber)',
      ...contextOf(one, repositories).map((line) => `      ${line}`),
      ...(signatures === 'dct' ? [] : [`      signatures: ${signatures}`]),
      `      signingKey: ${keyUrl(one)}`,
      ...pinEntry('      trustPin', pinOf(one)),
    ]),
  ];
}

function stepName(index: number, { length }: readonly unknown[]): string {
  return length === 1 ? 'image' : `image${index + 1}`;
}

/** Several images are built from several folders: the last part of their names is a first guess. */
function contextOf({ repository }: SetupRepository, all: readonly unknown[]): readonly string[] {
  const folder = repository.split('/').at(-1) ?? '';
  return all.length === 1
    ? []
    : ['# The folder with the Dockerfile.', `context: ${scalar(folder)}`];
}

function keyUrl({ key: { kind, vaultUrl, name, version: keyVersion } }: SetupRepository): string {
  const collection = kind === 'vault-key' ? 'keys' : 'certificates';
  return [vaultUrl, collection, name, ...(keyVersion === undefined ? [] : [keyVersion])].join('/');
}

/** In quotes: an ID of digits alone is no number. */
function pinEntry(name: string, pin: Word | undefined): readonly Word[] {
  return pin === undefined ? [] : [[`${name}: '`, ...partsOf(pin), `'`]];
}

function entry(name: string, value: Word): Word {
  return [`${name}: `, ...partsOf(value)];
}

/** A text as YAML reads it back. */
function scalar(text: string): string {
  const isPlain =
    /^[a-z][\w./-]*$/i.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`;
}

/** The lines as one text, in which what stands side by side is one part. */
function joined(lines: readonly Word[]): Word {
  const parts: ReturnType<typeof partsOf>[number][] = [];
  for (const part of lines.flatMap((line) => [...partsOf(line), '\n'])) {
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts.splice(-1, 1, last + part);
    else parts.push(part);
  }
  return parts;
}
