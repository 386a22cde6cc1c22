/**
 * The control of an emulator: what a test sets up, breaks and looks at. Every call takes and
 * returns JSON, so that it can be reached from another process.
 */
import type { Fault } from '../core/faults.js';
import type { LoggedRequest } from '../core/request-log.js';
import type { World } from '../world.js';
import { identityControl } from './identities.js';
import { keyControl } from './keys.js';
import { oidcControl } from './oidc.js';
import { registryControl } from './registries.js';
import { vaultControl } from './vaults.js';

/** Makes the control of `world`. */
export function createControl(world: World) {
  return rejecting({
    ...identityControl(world),
    ...registryControl(world),
    ...vaultControl(world),
    ...keyControl(world),
    ...oidcControl(world),

    /** Ids that everything shares. */
    describe: () =>
      Promise.resolve({
        tenantId: world.homeTenant.id,
        subscriptionId: world.resourceGroup.split('/')[2] ?? '',
        resourceGroup: world.resourceGroup,
      }),

    /** Moves the emulator's clock to `offsetMs` milliseconds from the machine's. */
    setClockOffset: (offsetMs: number) => {
      world.clock.setOffset(offsetMs);
      return Promise.resolve();
    },

    /** Lets the next matching requests fail. */
    failNext: (fault: Fault) => {
      world.faults.add(fault);
      return Promise.resolve();
    },

    /** Forgets the faults that did not happen yet. */
    clearFaults: () => {
      world.faults.clear();
      return Promise.resolve();
    },

    /** What was asked so far, in order. */
    requests: (): Promise<readonly LoggedRequest[]> => Promise.resolve(world.log.list()),

    /** Every token issued so far, by whatever service: for tests that look for leaks. */
    issuedTokens: (): Promise<readonly string[]> =>
      Promise.resolve(
        [world.entra.key, world.entra.issuers.key, world.registryTokens.key].flatMap((key) =>
          key.issued(),
        ),
      ),

    /** Empties the log. */
    clearRequests: () => {
      world.log.clear();
      return Promise.resolve();
    },
  });
}

/** Makes every call answer a mistake with a rejection, also where it is noticed at once. */
function rejecting<T extends object>(calls: T): T {
  const wrapped = Object.entries(calls).map(([name, call]) => [
    name,
    (...args: readonly unknown[]): Promise<unknown> =>
      Promise.resolve().then(() => (call as (...given: readonly unknown[]) => unknown)(...args)),
  ]);
  return Object.fromEntries(wrapped) as T;
}

/** See {@link createControl}. */
export type AzureControl = ReturnType<typeof createControl>;
