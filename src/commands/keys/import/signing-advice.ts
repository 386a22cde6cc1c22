/** The inputs with which repositories are signed after an import, and what is missing for it. Pure. */
import type { NameInput } from '../../../inputs/index.js';
import type { ClosedKey } from '../../../signing/index.js';
import { presentedRootKeys, type Gun, type KeyId, type RoleName } from '../../../trust/index.js';
import type { Paragraph } from '../../../report/report.js';
import { rowsOfSummary } from '../../../report/table.js';
import type { KeyRepository } from '../key-repositories.js';
import type { ImportedKey } from './import-keys.js';

/** How a repository is signed from now on. */
export interface RepositoryAdvice {
  readonly gun: Gun;
  /** Keys for `signing-key`, with the roles they sign; those of signers first. */
  readonly signingKeys: readonly { readonly url: string; readonly roles: readonly RoleName[] }[];
  /** Keys for `root-key`. */
  readonly rootKeys: readonly string[];
  /** Key IDs for `trust-pin`; none where only the trust server vouches for them. */
  readonly pins: readonly KeyId[];
  /** What the available keys cannot do, in sentences. */
  readonly notes: readonly string[];
}

/** Everything that can be said of the repositories whose trust data was read. */
export function adviseOn(
  loaded: readonly KeyRepository[],
  keys: readonly ImportedKey[],
  closed: readonly ClosedKey[],
): readonly RepositoryAdvice[] {
  return loaded.flatMap(({ gun, view }): readonly RepositoryAdvice[] => {
    if (!view) return [];
    const used = keys.flatMap((imported) => {
      const roles = imported.usage.find((one) => one.gun === gun)?.roles;
      return roles ? [{ url: urlToUse(imported), roles }] : [];
    });
    const keysFor = (test: (role: RoleName) => boolean): RepositoryAdvice['signingKeys'] =>
      used.flatMap(({ url, roles }) => {
        const signed = roles.filter(test);
        return url === undefined || signed.length === 0 ? [] : [{ url, roles: signed }];
      });
    const rootIds = presentedRootKeys(view);
    const isPinned = view.pinnedBy.kind === 'pin';
    const isSigned = (role: RoleName): boolean => used.some(({ roles }) => roles.includes(role));
    const closedRoot = closed.find(({ keyId }) => keyId !== undefined && rootIds.includes(keyId));
    const notes = [
      !isPinned &&
        `Only the trust server says that its root key is ${rootIds.join(', ')}: pin it once the owner of the repository has confirmed it.`,
      !isSigned('root') &&
        (closedRoot
          ? `The root key is in ${closedRoot.path}, which was not opened.`
          : `The root key (${rootIds.join(', ')}) is not among the keys. Find it: without it no key of this repository can be replaced or recovered.`),
      !isSigned('targets') &&
        'The repository key is not among the keys: with these, no signers can be added or removed.',
      isSigned('snapshot') &&
        'Its snapshot is signed with a key of this store, which no vault can sign with on its own. Hand the role to the server with "keys rotate" and the role "snapshot"; keep the file until then.',
    ];
    return [
      {
        gun,
        signingKeys: [
          ...keysFor((role) => role.startsWith('targets/')),
          ...keysFor((role) => role === 'targets'),
        ],
        rootKeys: keysFor((role) => role === 'root').map(({ url }) => url),
        pins: isPinned ? rootIds : [],
        notes: notes.filter((note) => note !== false),
      },
    ];
  });
}

function urlToUse({ url, state, destination }: ImportedKey): string | undefined {
  return url ?? (state === 'to be imported' ? destination?.url : undefined);
}

/** The advice as lines of the log, and as YAML in the summary, in which notes are comments. */
export function adviceParagraphs(
  advice: readonly RepositoryAdvice[],
  nameInput: NameInput,
): readonly Paragraph[] {
  if (advice.length === 0) return [];
  const each = advice.map(({ gun, signingKeys, rootKeys, pins, notes }) => ({
    inputs: [
      ...signingKeys.map(({ url, roles }) => ({
        value: `${nameInput('signing-key')}: ${url}`,
        comment: `signs ${roles.join(', ')}`,
      })),
      ...rootKeys.map((url) => ({ value: `${nameInput('root-key')}: ${url}`, comment: undefined })),
      ...(pins.length > 0
        ? [{ value: `${nameInput('trust-pin')}: ${pins.join(', ')}`, comment: undefined }]
        : []),
    ],
    gun,
    notes,
  }));
  const yaml = each
    .slice(0, rowsOfSummary)
    .flatMap(({ gun, inputs, notes }) => [
      `# ${gun}`,
      ...inputs.map(({ value, comment }) => (comment ? `${value}  # ${comment}` : value)),
      ...notes.map((note) => `# ${note}`),
    ]);
  return [
    ...each
      .flatMap(({ gun, inputs, notes }) => [
        gun,
        ...inputs.map(({ value, comment }) => `  ${value}${comment ? `  (${comment})` : ''}`),
        ...notes.map((note) => `  ${note}`),
      ])
      .map((log) => ({ log })),
    { summary: ['```yaml', ...yaml, '```'].join('\n') },
  ];
}
