/** Time stamps of RFC 3161: asked for, and verified. All but ./fetch.ts is pure. */
export {
  createTimestamper,
  fetchTimestamp,
  type TimestampOptions,
  type Timestamper,
} from './fetch.js';
export { requestTimestamp, type ReceivedTimestamp, type TimestampRequest } from './request.js';
export { stampedTime, verifyToken, type VerifiedTimestamp } from './verify-token.js';
