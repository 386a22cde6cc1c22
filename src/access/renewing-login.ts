/** A registry login that is made anew when it ages, so that long runs never meet its end. */
import {
  loginToRegistry,
  registryTokenUser,
  type Principal,
  type RegistryLogin,
  type RegistryLoginOptions,
} from '../azure/index.js';
import type { DockerLogin } from '../docker/index.js';
import { limits } from '../limits.js';
import type { Clock } from '../ports.js';
import type { RegistryCredential } from '../registry/index.js';

/** A login with the run's identity. */
interface RenewingLogin {
  /** Whom the registry knew at the first login. */
  readonly principal: Principal;
  /** For clients of the registry; asks for a fresh login when the last one has aged. */
  readonly credential: RegistryCredential;
  /** The same to hand to Docker. @throws {TrustError} as the first login. */
  readonly dockerLogin: () => Promise<DockerLogin>;
}

/**
 * Logs in for the first time.
 * @throws {TrustError} as loginToRegistry.
 */
export async function openRenewingLogin(
  options: RegistryLoginOptions,
  clock: Clock,
): Promise<RenewingLogin> {
  const logIn = async (): Promise<DatedLogin> => {
    const login = await loginToRegistry(options);
    const madeAtMs = clock().getTime();
    const lifetimeMs = Math.max(
      login.expiresAt ? login.expiresAt.getTime() - madeAtMs : limits.registryLoginLifetimeMs,
      0,
    );
    return {
      login,
      expiresAt: new Date(madeAtMs + lifetimeMs),
      renewAtMs: madeAtMs + Math.min(limits.registryLoginMs, lifetimeMs / 2),
    };
  };
  let current = await logIn();
  let pending: Promise<DatedLogin> | undefined;
  const fresh = async (): Promise<DatedLogin> => {
    if (clock().getTime() > current.renewAtMs) {
      // Others who ask in the meantime wait for the same login.
      pending ??= logIn().finally(() => {
        pending = undefined;
      });
      current = await pending;
    }
    return current;
  };
  return {
    principal: current.login.principal,
    credential: { kind: 'refresh-token', token: async () => (await fresh()).login.refreshToken },
    dockerLogin: async () => {
      const { login, expiresAt } = await fresh();
      return { username: registryTokenUser, password: login.refreshToken, expiresAt };
    },
  };
}

interface DatedLogin {
  readonly login: RegistryLogin;
  readonly expiresAt: Date;
  readonly renewAtMs: number;
}
