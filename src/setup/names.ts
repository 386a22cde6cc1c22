/**
 * Names that go into scripts, as Azure and its hosts allow them. Scripts quote whatever they hold; what
 * no such name can have is rejected as well, since a name with a quote in it is a mistake or worse.
 */
import { TrustError } from '../errors.js';
import { githubIssuer } from './federation.js';
import type { Federation, GitHubTrigger } from './request.js';

interface NameKind {
  readonly what: string;
  readonly pattern: RegExp;
  readonly remedy: string;
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What each name looks like. */
const kinds = {
  application: {
    what: 'the client ID or the name of an application',
    pattern: /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,118}[A-Za-z0-9]$/,
    remedy:
      'Use letters, digits, blanks, dots, hyphens and underscores, such as acr-content-trust-contoso.',
  },
  objectId: {
    what: 'an object ID',
    pattern: guid,
    remedy: 'Give what `az ad sp show --id <client ID> --query id --output tsv` prints.',
  },
  owner: {
    what: 'an object ID or a user principal name',
    pattern: /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\w.+#-]+@[\w.-]+)$/i,
    remedy: 'Give the object ID of a person or a group, or the name that a person signs in with.',
  },
  resourceGroup: {
    what: 'the name of a resource group',
    pattern: /^[\w.()-]{0,89}[\w()-]$/,
    remedy: 'Use letters, digits, dots, hyphens, underscores and parentheses.',
  },
  location: {
    what: 'the name of an Azure region',
    pattern: /^[a-z0-9]+$/,
    remedy: 'Use a name that `az account list-locations` prints, such as westeurope.',
  },
  subject: {
    what: 'the subject of a certificate with C, ST, O and CN',
    pattern:
      /^(?=.*\bC=)(?=.*\bST=)(?=.*\bO=)(?=.*\bCN=)(?:[A-Z]+=[A-Za-z0-9 ._-]+)(?:, ?[A-Z]+=[A-Za-z0-9 ._-]+)*$/,
    remedy: 'Write it as C=US,ST=WA,O=Contoso,CN=release.',
  },
  connection: {
    what: 'the name of a service connection',
    pattern: /^[A-Za-z0-9][A-Za-z0-9 ._()-]{0,255}$/,
    remedy: 'Use letters, digits, blanks, dots, hyphens, underscores and parentheses.',
  },
  organization: {
    what: 'the name of an Azure DevOps organization',
    pattern: /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/,
    remedy: 'Give the name in https://dev.azure.com/<name>.',
  },
  project: {
    what: 'the name of an Azure DevOps project',
    pattern: /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/,
    remedy:
      'Use the name that Azure DevOps shows; letters, digits, blanks, dots, hyphens and underscores.',
  },
  issuer: {
    what: 'the issuer of a token',
    pattern: /^https:\/\/[A-Za-z0-9.-]+(?:\/[A-Za-z0-9._/-]*)?$/,
    remedy: 'Copy the issuer that the service connection or the workflow shows, letter by letter.',
  },
  tokenSubject: {
    what: 'the subject of a token',
    pattern: /^[A-Za-z0-9/][A-Za-z0-9 @:/._+=,()-]{0,599}$/,
    remedy: 'Copy the subject that the service connection or the workflow shows, letter by letter.',
  },
  pipelineFile: {
    what: 'the path of a YAML file below this folder',
    pattern: /^(?!.*(?:^|\/)\.\.(?:\/|$))[A-Za-z0-9._][A-Za-z0-9._/-]*\.ya?ml$/,
    remedy: 'Name it as .github/workflows/image.yml or azure-pipelines.yml.',
  },
} as const satisfies Readonly<Record<string, NameKind>>;

/** The name as it is. @throws {TrustError} INPUT_INVALID */
export function parseSetupName(kind: keyof typeof kinds, text: string): string {
  const { what, pattern, remedy } = kinds[kind];
  if (pattern.test(text)) return text;
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} is not ${what}`, { remedy });
}

const refName = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9_-])?$/;

/** When a workflow runs. @throws {TrustError} INPUT_INVALID */
export function parseTrigger(text: string): GitHubTrigger {
  if (text === 'pull-request') return { kind: text, name: '' };
  const [, kind = '', name = ''] = /^(branch|tag|environment):(.+)$/.exec(text) ?? [];
  const isName =
    kind === 'environment' ? /^[A-Za-z0-9][A-Za-z0-9 ._-]*$/.test(name) : refName.test(name);
  if (kind !== '' && isName) return { kind: kind as 'branch' | 'tag' | 'environment', name };
  throw new TrustError(
    'INPUT_INVALID',
    `${JSON.stringify(text)} does not say when a workflow signs in`,
    {
      remedy:
        'Write branch:main, tag:v1.0.0, environment:production or pull-request. Entra ID knows no patterns. Use an environment for many branches and tags.',
    },
  );
}

const part = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?';
const githubRepository = new RegExp(`^(${part})(@\\d+)?/(${part}|\\.github)(@\\d+)?$`);

/**
 * The tokens that a repository of GitHub gets. With the IDs of owner and repository in its name, as
 * repositories have them in their tokens that were made or renamed since June 2026, nobody who takes over
 * the name later gets one.
 * @throws {TrustError} INPUT_INVALID
 */
export function githubFederations(
  repository: string,
  triggers: readonly GitHubTrigger[],
  issuer: string = githubIssuer,
): readonly Federation[] {
  const [, owner, ownerId, name, id] = githubRepository.exec(repository) ?? [];
  if (owner === undefined || name === undefined || (ownerId === undefined) !== (id === undefined)) {
    throw new TrustError(
      'INPUT_INVALID',
      `${JSON.stringify(repository)} is not a repository of GitHub`,
      {
        remedy:
          'Write contoso/app, or with the IDs that its tokens have contoso@<ID of the owner>/app@<ID of the repository>. "gh api repos/contoso/app" prints both IDs.',
      },
    );
  }
  // A job with an environment says nothing of its branch.
  const environments = triggers.filter(({ kind }) => kind === 'environment');
  return (environments.length > 0 ? environments : triggers).map((trigger) => ({
    issuer,
    subject: `repo:${repository}:${subjectOf(trigger)}`,
  }));
}

function subjectOf({ kind, name }: GitHubTrigger): string {
  switch (kind) {
    case 'branch':
      return `ref:refs/heads/${name}`;
    case 'tag':
      return `ref:refs/tags/${name}`;
    case 'environment':
      return `environment:${name}`;
    case 'pull-request':
      return 'pull_request';
  }
}
