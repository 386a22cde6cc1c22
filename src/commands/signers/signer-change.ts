/** What `signers add` and `signers remove` share: their inputs, and what they say of each repository. */
import type { OpenedPublicKey } from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import type { Inputs } from '../../inputs/index.js';
import { formatKeyReference } from '../../signing/index.js';
import { isSignerName, type KeyId, type Plan, type PullChange } from '../../trust/index.js';
import { dryRun } from '../inputs/image.js';
import { requireSigningKey, signingKeyInputs } from '../inputs/key-inputs.js';
import { pinInputs, readPins } from '../inputs/pins.js';
import type { Read } from '../inputs/read.js';
import { readRepositories, repositoryInputs } from '../inputs/repositories.js';
import { code, escape } from '../../report/text.js';
import type { Report } from '../../report/report.js';
import { tableOf, type Column } from '../../report/table.js';
import {
  eachRepository,
  failureOfEach,
  failuresOf,
  outcomeColumns,
  outcomeFacts,
  type Outcome,
  type ChangeConfiguration,
  type PreparedChange,
  type PreparedRepository,
} from '../../repositories/index.js';

export const signerChangeInputs = {
  ...repositoryInputs,
  ...signingKeyInputs,
  ...pinInputs,
  'signing-key': {
    ...signingKeyInputs['signing-key'],
    note: 'The repository key, the one of `targets`.',
  },
  signer: {
    type: 'text',
    group: 'keys',
    label: 'Signer',
    help: 'Name of the signer, without `targets/`: lower-case letters, digits, hyphens and underscores.',
    example: 'ci',
    required: true,
  },
  'dry-run': dryRun,
} as const satisfies Inputs;

export interface SignerConfiguration extends ChangeConfiguration {
  /** Without `targets/`. */
  readonly signer: string;
}

/** Reads {@link signerChangeInputs}; the one key is the repository key. */
export function readSignerChange(read: Read<typeof signerChangeInputs>): SignerConfiguration {
  const { values, parse, nameInput } = read;
  const { signer = '' } = values;
  if (values.signer !== undefined) {
    parse('signer', () => {
      checkSignerName(signer);
    });
  }
  const remedy = `Give the repository key, which alone may change who signs: ${nameInput('signing-key')}: https://contoso-keys.vault.azure.net/keys/team-app.`;
  const repositoryKey = requireSigningKey(read, remedy);
  return {
    repositories: readRepositories(read),
    pins: readPins(read),
    keys: repositoryKey ? [repositoryKey] : [],
    signer,
    dryRun: values['dry-run'],
  };
}

/** @throws {TrustError} INPUT_INVALID */
function checkSignerName(name: string): void {
  if (isSignerName(name)) return;
  const why =
    name === 'releases'
      ? 'Docker calls the role of all signers together so'
      : name.startsWith('targets/')
        ? 'it is the name of a role; a signer is named without "targets/"'
        : 'it may have lower-case letters, digits, hyphens and underscores only';
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(name)} cannot be a signer: ${why}`, {
    remedy: 'Give a name such as "ci", whose role is targets/ci.',
  });
}

/** What became of one repository, or would. */
export interface SignerChange extends Outcome {
  readonly state:
    | 'added'
    | 'extended'
    | 'unchanged'
    | 'to be added'
    | 'to be extended'
    | 'removed'
    | 'not listed'
    | 'to be removed'
    | 'failed';
  /** Canonical IDs of the keys that were added, or removed. */
  readonly keyIds: readonly KeyId[];
  /** What becomes of `targets/releases`, for a removal. */
  readonly releases?: string;
  /** Tags that are pulled differently now. */
  readonly pulls: readonly PullChange[];
}

/** Changes each repository, or says what would be changed. */
export async function changeEach<P>(
  repositories: readonly PreparedRepository<P>[],
  change: (repository: PreparedRepository<P>) => Promise<Omit<SignerChange, 'gun'>>,
): Promise<readonly SignerChange[]> {
  const attempted = await eachRepository(repositories, change);
  return attempted.map(({ gun, value, error }) =>
    value ? { gun, ...value } : { gun, state: 'failed', keyIds: [], pulls: [], error },
  );
}

/**
 * What the command says.
 * @param keys those of a signer that is added.
 */
export function signerReport(
  verb: 'added' | 'removed',
  { signer, dryRun: isDry }: SignerConfiguration,
  { repositories }: PreparedChange<Plan>,
  keys: readonly OpenedPublicKey[],
  changes: readonly SignerChange[],
): Report<'repositories' | 'key-id' | 'keys'> {
  const isUnchanged = ({ state }: SignerChange) => state === 'unchanged' || state === 'not listed';
  const signedWith = repositories.flatMap(({ plan: { files } }) =>
    files.flatMap(({ signedBy }) => signedBy.map(({ signer: { keyId } }) => keyId)),
  );
  const keyFacts = keys.map(({ keyId, publicKey, reference }) => ({
    keyId,
    type: publicKey.keytype,
    reference: formatKeyReference(reference),
  }));
  const inVaults = keys.flatMap(({ reference }) =>
    reference.kind === 'file' ? [] : [formatKeyReference(reference)],
  );
  const standing = changes.filter(({ error }) => error === undefined && !isDry);
  return {
    title: 'Result',
    heading: `Signer ${code(signer)} ${isDry ? `would be ${verb}` : verb}`,
    body: [
      ...keyFacts.map(({ keyId, type, reference }) => ({
        summary: `${code(keyId)} ${escape(type)}, ${code(reference)}`,
      })),
      tableOf(changes, columnsFor(verb)),
      ...(isDry || changes.every(isUnchanged) ? [{ log: 'Nothing was changed.' }] : []),
    ],
    facts: {
      signer,
      dryRun: isDry,
      keys: keyFacts,
      repositories: outcomeFacts(changes),
    },
    outputs: {
      repositories: standing.map(({ gun }) => gun).join('\n'),
      'key-id': [...new Set(signedWith)].join(','),
      keys: inVaults.join('\n'),
    },
    failures: failuresOf(changes),
    failure: failureOfEach(changes, 'was not changed'),
  };
}

function columnsFor(verb: 'added' | 'removed'): readonly Column<SignerChange>[] {
  return [
    ...outcomeColumns,
    {
      heading: `Keys ${verb}`,
      text: ({ keyIds }) => keyIds.join(', ') || '-',
      markdown: ({ keyIds }) => keyIds.map(code).join('<br>'),
    },
    ...(verb === 'removed'
      ? [{ heading: 'Releases', text: ({ releases = '-' }: SignerChange) => releases }]
      : []),
  ];
}
