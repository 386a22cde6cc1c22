/** HTTPS with bounds, for everything below src/commands. */
export {
  requestedWait,
  busyRemedy,
  clientAddressIn,
  parseErrorResponse,
  isWebPage,
  oneLine,
} from './error-response.js';
export type { ErrorResponse } from './error-response.js';
export { createHttpClient } from './client.js';
export { createWaitReporter } from './wait-reporter.js';
export type { HttpClientOptions } from './client.js';
export { unverifiedClaims } from './claims.js';
export { checkNetworkEnvironment } from './environment.js';
export {
  firewallRemedy,
  isPrivateAddress,
  registryFirewall,
  registryFirewallError,
  registryNameOf,
} from './firewall.js';
export { createPace } from './pace.js';
export { readProxies } from './proxy.js';
export type { ProxyEnvironment } from './proxy.js';
export { HttpError } from './types.js';
export { withDeadline } from './deadline.js';
export { isTransientStatus, retryDelayMs, statedWaitMs } from './retry.js';
export { responseBehind, createSdkHttpClient, sdkRetries } from './sdk.js';
export type { SdkHttpOptions, SdkOutcome } from './sdk.js';
export type {
  BodySink,
  HttpClient,
  HttpErrorKind,
  HttpRequest,
  HttpResponse,
  TokenSource,
} from './types.js';
