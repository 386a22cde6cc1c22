/** Reads what a trust server, or whatever stands in front of it, says when it says no. */
import { parseErrorResponse } from '../../http/error-response.js';
import type { HttpResponse } from '../../http/types.js';

/** The first entry of a registry-style error body, as far as it could be read. */
interface ServerComplaint {
  /** Such as `VERSION` or `INVALID_UPDATE`; undefined when the body is something else. */
  readonly code: string | undefined;
  /** The most telling words of the body on one line; empty when there are none. */
  readonly words: string;
}

/** Reads an error body: `{"errors":[{"code","message","detail"}]}`, plain text or a page. */
export function complaintOf(response: HttpResponse): ServerComplaint {
  const { code, words } = parseErrorResponse(response);
  return { code, words };
}
