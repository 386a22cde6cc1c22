/** HTTPS with bounds, for everything below src/commands. */
export { createHttpClient } from './client.js';
export type { HttpClientOptions } from './client.js';
export { isRecord, parseJsonObject, unverifiedClaims } from './claims.js';
export { HttpError } from './types.js';
export { isTransientStatus, retryDelayMs } from './retry.js';
export type {
  BodySink,
  HttpClient,
  HttpErrorKind,
  HttpRequest,
  HttpResponse,
  TokenSource,
} from './types.js';
