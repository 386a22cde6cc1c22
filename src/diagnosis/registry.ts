/**
 * Checks of a registry: can it be logged in to, what may the principal do there by the registry's own
 * tokens, and does it list what is attached to images?
 */
import {
  cloudOfRegistry,
  type CloudName,
  grantedRights,
  isRegistryHost,
  pushNotAuthorized,
  type Principal,
} from '../azure/index.js';
import type { TokenSource } from '../http/index.js';
import { hasReferrersApi, type RegistryClientOptions } from '../registry/index.js';
import {
  needing,
  observed,
  pass,
  unknown,
  warn,
  type Check,
  type Observation,
  type Purpose,
} from './check.js';

/** A registry that the run is logged in to. */
interface LoggedIn {
  readonly principal: Principal;
  /** User name of an existing login, where it has one. */
  readonly account: string | undefined;
  readonly registry: { readonly token: TokenSource };
  readonly trust: { readonly token: TokenSource };
  readonly client: RegistryClientOptions;
}

/** What is to be looked at. */
export interface RegistryToCheck {
  readonly host: string;
  readonly repositories: readonly { readonly repository: string; readonly gun: string }[];
  readonly registryId: string | undefined;
  /** The cloud that the run signs in to. */
  readonly cloud: CloudName;
  readonly nameInput: (name: string) => string;
  readonly purpose: Purpose;
  readonly login: Promise<LoggedIn>;
  readonly signal: AbortSignal;
}

/** What a registry is checked for. */
export function registryChecks(checked: RegistryToCheck): readonly Check[] {
  const { host, login, repositories } = checked;
  const common = { area: 'registry', subject: host } as const;
  return [
    { ...common, check: 'cloud', look: () => Promise.resolve(lookAtCloud(checked)) },
    {
      ...common,
      check: 'login',
      look: async () => {
        const { principal, account } = await login;
        const who = account ?? principal.clientId ?? principal.objectId;
        return pass(who === undefined ? 'with the existing login' : `as ${who}`);
      },
    },
    ...repositories.flatMap((repository) => repositoryChecks(repository, checked)),
  ];
}

function lookAtCloud({ host, cloud: own, nameInput }: RegistryToCheck): Observation {
  const cloud = cloudOfRegistry(host)?.name;
  if (cloud !== undefined && cloud !== own) {
    return warn(
      `the registry is of ${cloud}, and the run signs in to ${own}`,
      `Leave ${nameInput('cloud')} out, or sign in with a principal of ${cloud}.`,
    );
  }
  if (cloud !== undefined) return pass(cloud, { facts: { cloud } });
  return isRegistryHost(host)
    ? unknown(`${host} is a registry of a cloud whose addresses are not known here`)
    : warn(
        `${host} is not a registry of Azure`,
        'If it should be one, give its login server: az acr show --name <registry> --query loginServer --output tsv',
      );
}

function repositoryChecks(
  { repository, gun }: RegistryToCheck['repositories'][number],
  { host, registryId, purpose, login, signal }: RegistryToCheck,
): readonly Check[] {
  const common = { area: 'registry', subject: gun } as const;
  const opened = (): Promise<LoggedIn> => needing(`the login to ${host}`, login);
  return [
    {
      ...common,
      check: 'right to read and push',
      look: async () => {
        const { registry, principal } = await opened();
        const granted = await grantedRights(registry, repository);
        if (!granted) return unknown("the registry's token does not say what it allows");
        const facts = { granted: [...granted].sort() };
        const said = `the registry's token allows: ${facts.granted.join(', ') || 'nothing'}`;
        if (granted.has('push') && granted.has('pull')) return pass(said, { facts });
        const image = { registry: host, repository };
        const error = pushNotAuthorized({ image, registryId }, principal);
        if (purpose.isSigning || !granted.has('pull')) {
          return {
            ...observed(error),
            reason: `${error.message.replace(/\.$/, '')}; ${said}`,
            facts,
          };
        }
        return pass(`${said}: this principal reads, and does not push`, { facts });
      },
    },
    {
      ...common,
      check: 'right to sign',
      look: async () => {
        const { trust } = await opened();
        const granted = await grantedRights(trust, gun);
        if (!granted) return unknown("the registry's token does not say what it allows");
        const facts = { granted: [...granted].sort() };
        const said = `the registry's token for the trust data allows: ${facts.granted.join(', ') || 'nothing'}`;
        if (granted.has('push')) return pass(said, { facts });
        if (!purpose.isSigning || !purpose.isDct) {
          return pass(`${said}: no trust data is to be signed`, { facts });
        }
        return {
          ...warn(
            said,
            'Signing needs AcrPush and AcrImageSigner. Whether the trust server refuses this principal is said at "ready to sign".',
          ),
          facts,
        };
      },
    },
    {
      ...common,
      check: 'referrers API',
      onError: 'unknown',
      look: async () => {
        const { client } = await opened();
        if (await hasReferrersApi({ ...client, repository, signal })) {
          return pass('there: Notary Project signatures are listed by the registry');
        }
        return !purpose.isNotaryProject
          ? pass('not there; only Notary Project signatures need it')
          : warn(
              'not there: Notary Project signatures are listed in a tag, which clients overwrite for each other',
              'Sign from one job at a time. A registry encrypted with a key of the customer has no such API.',
            );
      },
    },
  ];
}
