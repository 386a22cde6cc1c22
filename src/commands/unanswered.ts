/** Failures that say nothing about signatures, only that nobody could be asked. */
export const unanswered = [
  'TRUST_SERVER_UNREACHABLE',
  'TRUST_SERVER_REJECTED',
  'CONTENT_TRUST_UNAVAILABLE',
  'REGISTRY_UNREACHABLE',
  'REGISTRY_FIREWALL',
  'REGISTRY_LOGIN_REFUSED',
  'REGISTRY_FAILED',
] as const;
