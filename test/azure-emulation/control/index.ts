/**
 * The control of an emulator: what a test sets up, breaks and looks at. Every call takes and
 * returns JSON, so that it can be reached from another process.
 */
import { pem } from '../crypto/certificate.js';
import type { Fault } from '../core/faults.js';
import type { LoggedRequest } from '../core/request-log.js';
import type { EmulatorParts } from '../parts.js';
import { identityControl } from './identities.js';
import { keyControl } from './keys.js';
import { oidcControl } from './oidc.js';
import { registryControl } from './registries.js';
import { timestampHost } from '../timestamp/service.js';
import { vaultControl } from './vaults.js';

/** Makes the control of an emulator. */
export function createControl(parts: EmulatorParts) {
  return rejecting({
    ...identityControl(parts),
    ...registryControl(parts),
    ...vaultControl(parts),
    ...keyControl(parts),
    ...oidcControl(parts),

    /** Ids that everything shares. */
    describe: () =>
      Promise.resolve({
        tenantId: parts.homeTenant.id,
        subscriptionId: parts.resourceGroup.split('/')[2] ?? '',
        resourceGroup: parts.resourceGroup,
      }),

    /** Where time stamps are given, and the root that they lead to, in PEM. */
    timestampAuthority: () =>
      Promise.resolve({
        url: `https://${timestampHost}/`,
        root: pem('CERTIFICATE', parts.timestampAuthority.root),
      }),

    /** Moves the emulator's clock to `offsetMs` milliseconds from the machine's. */
    setClockOffset: (offsetMs: number) => {
      parts.clock.setOffset(offsetMs);
      return Promise.resolve();
    },

    /** Lets the next matching requests fail. */
    failNext: (fault: Fault) => {
      parts.faults.add(fault);
      return Promise.resolve();
    },

    /** Forgets the faults that did not happen yet. */
    clearFaults: () => {
      parts.faults.clear();
      return Promise.resolve();
    },

    /** What was asked so far, in order. */
    requests: (): Promise<readonly LoggedRequest[]> => Promise.resolve(parts.log.list()),

    /** Every token issued so far, by whatever service: for tests that look for leaks. */
    issuedTokens: (): Promise<readonly string[]> =>
      Promise.resolve(
        [parts.entra.key, parts.entra.issuers.key, parts.registryTokens.key].flatMap((key) =>
          key.issued(),
        ),
      ),

    /** Empties the log. */
    clearRequests: () => {
      parts.log.clear();
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
