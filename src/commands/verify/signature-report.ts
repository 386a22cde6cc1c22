/** What the report of `verify` says of the kinds of signatures, where content trust is not all. */
import type { SignatureOutcome } from '../../notation/index.js';
import type { Verdict } from '../../verification/index.js';

/** Report fields of an image; none where only content trust counts. */
export function signatureFacts({
  required = 'dct',
  found,
  notaryProject,
  dismissed = [],
}: Verdict): object {
  if (required === 'dct') return {};
  return {
    required,
    found,
    notaryProject: notaryProject && {
      verdict: notaryProject.kind,
      statement: notaryProject.statement,
      signatures: notaryProject.signatures.map(outcomeFacts),
      unread: notaryProject.unread,
    },
    ...(dismissed.length > 0 && { dismissed }),
  };
}

function outcomeFacts(outcome: SignatureOutcome): object {
  const { signature, isAccepted, description } = outcome;
  return {
    signature,
    accepted: isAccepted,
    ...(isAccepted
      ? { timestamp: outcome.stampedAt?.toISOString(), noted: outcome.noted }
      : { check: outcome.check, reason: outcome.reason }),
    signer: description?.signer,
    thumbprint: description?.certificates[0]?.thumbprint,
    format: description?.format,
    signedAt: description?.signedAt.toISOString(),
    expires: description?.expires?.toISOString(),
    metadata: description?.metadata,
  };
}

/** A line for each rejected signature of an image. */
export function rejectionsOf({ notaryProject }: Pick<Verdict, 'notaryProject'>): readonly string[] {
  return (notaryProject?.signatures ?? []).flatMap((outcome) =>
    outcome.isAccepted ? [] : [`${outcome.signature} is rejected: ${outcome.reason}`],
  );
}
