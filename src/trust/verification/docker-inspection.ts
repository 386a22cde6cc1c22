/** A repository as `docker trust inspect` prints it (docker-cli cli/command/trust/inspect.go). */
import type { KeyId } from '../metadata/index.js';
import { adminKeysOf, signersOf, type SignedTag } from './tags.js';
import type { TrustedView } from './view.js';

/** One element of the array; the names are Docker's. */
interface DockerInspection {
  readonly Name: string;
  readonly SignedTags: readonly {
    readonly SignedTag: string;
    /** Hex, without `sha256:`. */
    readonly Digest: string;
    readonly Signers: readonly string[];
  }[];
  readonly Signers: readonly { readonly Name: string; readonly Keys: readonly DockerKey[] }[];
  readonly AdministrativeKeys: readonly {
    readonly Name: string;
    readonly Keys: readonly DockerKey[];
  }[];
}

interface DockerKey {
  readonly ID: KeyId;
}

/** What Docker would say of a repository, and of these tags of it. */
export function dockerInspection(
  name: string,
  view: TrustedView,
  tags: readonly SignedTag[],
): DockerInspection {
  const admin = adminKeysOf(view);
  return {
    Name: name,
    SignedTags: tags.map(({ tag: SignedTag, digest, signers }) => ({
      SignedTag,
      Digest: digest.replace('sha256:', ''),
      Signers: signers,
    })),
    Signers: signersOf(view).map(({ name: Name, keyIds }) => ({ Name, Keys: keysOf(keyIds) })),
    AdministrativeKeys: [
      { Name: 'Root', Keys: keysOf(admin.root) },
      { Name: 'Repository', Keys: keysOf(admin.repository) },
    ],
  };
}

/** How far the Docker CLI indents the document. */
export const dockerIndent = 4;

function keysOf(ids: readonly KeyId[]): readonly DockerKey[] {
  return ids.map((ID) => ({ ID }));
}
