/** A registry login that is made anew when it ages, so that long runs never meet its end. */
import {
  loginToRegistry,
  registryTokenUser,
  type Principal,
  type RegistryLoginOptions,
} from '../../azure/index.js';
import { limits } from '../../limits.js';
import type { Clock } from '../../ports.js';
import type { RegistryCredential } from '../../registry/index.js';

/** What `docker login` would be given. */
export interface DockerLogin {
  readonly username: string;
  readonly password: string;
}

/** A login with the run's identity. */
export interface RenewingLogin {
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
  let current = await loginToRegistry(options);
  let madeAtMs = clock().getTime();
  let pending: Promise<void> | undefined;
  const renew = async (): Promise<void> => {
    current = await loginToRegistry(options);
    madeAtMs = clock().getTime();
  };
  const fresh = async (): Promise<string> => {
    if (clock().getTime() - madeAtMs > limits.registryLoginMs) {
      // Whoever else asks meanwhile waits for the same login.
      pending ??= renew().finally(() => {
        pending = undefined;
      });
      await pending;
    }
    return current.refreshToken;
  };
  return {
    principal: current.principal,
    credential: { kind: 'refresh-token', token: fresh },
    dockerLogin: async () => ({ username: registryTokenUser, password: await fresh() }),
  };
}
