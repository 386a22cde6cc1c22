/** What is to be set up, and what of it was seen to be there already. Every text is checked. */
import type { CloudName } from '../azure/index.js';
import type { VaultCertificateReference, VaultKeyReference } from '../signing/index.js';

/** A key in a vault, or a certificate with its key. */
export type SetupKey = VaultKeyReference | VaultCertificateReference;

/** A repository, and the key that signs it. */
export interface SetupRepository {
  readonly repository: string;
  /** With the registry before it. */
  readonly gun: string;
  readonly key: SetupKey;
}

/** A token of another issuer, accepted as that of the pipeline. */
export interface Federation {
  readonly issuer: string;
  readonly subject: string;
}

/** When a workflow of GitHub signs in, and so when it runs. */
export interface GitHubTrigger {
  readonly kind: 'branch' | 'tag' | 'environment' | 'pull-request';
  /** Empty for pull requests. */
  readonly name: string;
}

/** Where the pipeline runs. */
export type SetupHost =
  | {
      readonly kind: 'github';
      readonly triggers: readonly GitHubTrigger[];
      /** Empty where the application is known to trust the repository. */
      readonly federations: readonly Federation[];
    }
  | {
      readonly kind: 'azure-pipelines';
      readonly serviceConnection: string;
      /** Where the service connection is made; undefined where it is there. */
      readonly place: { readonly organization: string; readonly project: string } | undefined;
      readonly federations: readonly Federation[];
    };

export interface SetupRequest {
  /** Login server. */
  readonly registry: string;
  readonly cloud: CloudName;
  readonly registryId: string | undefined;
  /** At least one. */
  readonly repositories: readonly SetupRepository[];
  /** Undefined without Docker Content Trust. */
  readonly rootKey: VaultKeyReference | undefined;
  readonly signatures: 'dct' | 'notary-project' | 'both';
  readonly hsm: boolean;
  /** Of certificates that are made. */
  readonly certificateSubject: string | undefined;
  /** An application that is there, or the name of one. */
  readonly pipeline: { readonly clientId: string } | { readonly name: string };
  /** Of its service principal. */
  readonly pipelineObjectId: string | undefined;
  /** Object ID or user principal name; undefined: who runs the script. */
  readonly owner: string | undefined;
  readonly host: SetupHost;
  /** Of vaults that are made; undefined: those of the registry. */
  readonly resourceGroup: string | undefined;
  readonly location: string | undefined;
  /** Where the pipeline's file is written. */
  readonly pipelineFile: string;
}

/** `unseen`: nobody could look, and the script looks itself. */
export type Presence = 'there' | 'missing' | 'unseen';

/** A role of one of the two principals. */
export interface NeededRole {
  readonly who: 'pipeline' | 'owner';
  readonly role: RoleName;
  readonly on: RoleTarget;
}

/** What a role is on: the registry, a whole vault, or one object of it. */
export type RoleTarget =
  | { readonly kind: 'registry' }
  | { readonly kind: 'vault'; readonly vaultUrl: string; readonly object?: string };

/** Azure's own roles, by their names. */
export const roleIds = {
  AcrPush: '8311e382-0749-4cb8-b61a-304f252e45ec',
  AcrImageSigner: '6cef56e8-d556-48e5-a04f-b8e64114680f',
  'Container Registry Repository Writer': '2a1e307c-b015-4ebd-883e-5b7698a07328',
  'Key Vault Crypto User': '12338af0-0e69-4776-bea7-57ae8d297424',
  'Key Vault Crypto Officer': '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
  'Key Vault Certificate User': 'db79e9a7-68ee-4b58-9aeb-b90e7c24fcba',
  'Key Vault Certificates Officer': 'a4417e6f-fecd-4de8-b567-7b0420556985',
} as const;
export type RoleName = keyof typeof roleIds;

/** How roles on the registry are assigned. */
export type RoleMode = 'roles' | 'repositories' | 'unknown';

/** What was seen; a name that is not in a map was not looked for, and is missing. */
export interface Seen {
  readonly registryId: string | undefined;
  readonly tenantId: string | undefined;
  readonly roleMode: RoleMode;
  /** By their URLs. */
  readonly vaults: ReadonlyMap<string, Presence>;
  /** By their URLs. */
  readonly keys: ReadonlyMap<string, Presence>;
  readonly roles: (role: NeededRole) => Presence;
  /** The root key ID of repositories with trust data; undefined where nobody could look. */
  readonly roots: ReadonlyMap<string, string | undefined>;
  /** Why something could not be seen, a sentence each without its full stop. */
  readonly reasons: readonly string[];
}

/** Nothing is there. */
export const fromZero: Seen = {
  registryId: undefined,
  tenantId: undefined,
  roleMode: 'unknown',
  vaults: new Map(),
  keys: new Map(),
  roles: () => 'missing',
  roots: new Map(),
  reasons: [],
};
