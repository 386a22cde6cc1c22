/** Time stamps of RFC 3161: asked for, and verified. Pure; the request is sent by others. */
export {
  readTimestampReply,
  requestTimestamp,
  timestampMediaTypes,
  type ReceivedTimestamp,
  type TimestampRequest,
} from './request.js';
export { verifyToken, type VerifiedTimestamp } from './verify-token.js';
