/**
 * Name constraints of an authority (RFC 5280, 4.2.1.10) against the names of what stands below it.
 * Host names and e-mail addresses are compared; constraints on any other kind of name are taken for
 * violated as soon as there is such a name below. A constraint on directory names always meets one,
 * the subject: Go does not read those, and refuses the chain.
 */
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  id_ce_subjectAltName,
  NameConstraints,
  SubjectAlternativeName,
  type GeneralName,
  type GeneralSubtrees,
} from '@peculiar/asn1-x509';
import type { CertificateExtension, CertificateFacts } from '../metadata/index.js';

const emailOid = '1.2.840.113549.1.9.1';

/** Tells whether the constraints in `extension` allow all names of `certificates`. */
export function areNamesAllowed(
  extension: CertificateExtension,
  certificates: readonly CertificateFacts[],
): boolean {
  try {
    const { permittedSubtrees, excludedSubtrees } = AsnConvert.parse(
      extension.value,
      NameConstraints,
    );
    const permitted = constraintsIn(permittedSubtrees);
    const excluded = constraintsIn(excludedSubtrees);
    return certificates.flatMap(namesOf).every((name) => {
      // Only constraints of its own kind limit a name.
      const ofItsKind = ({ kind }: Name): boolean => kind === name.kind;
      const [outside, inside] = [excluded.filter(ofItsKind), permitted.filter(ofItsKind)];
      if (outside.length + inside.length === 0) return true;
      return (
        isReadable(name) &&
        !outside.some((constraint) => meets(name, constraint) || isCovered(constraint, name)) &&
        (inside.length === 0 ||
          inside.some((constraint) => isKnown(name) && meets(name, constraint)))
      );
    });
  } catch {
    return false;
  }
}

/** A name or a constraint; the text of a kind that is not compared is empty. */
interface Name {
  readonly kind: string;
  readonly text: string;
}

const comparedKinds: readonly string[] = ['dNSName', 'rfc822Name'];

function isKnown({ kind }: Name): boolean {
  return comparedKinds.includes(kind);
}

function constraintsIn(subtrees: GeneralSubtrees | undefined): readonly Name[] {
  if (subtrees === undefined) return [];
  return Array.from(subtrees, ({ base }) => constraintOf(base));
}

function constraintOf(name: GeneralName): Name {
  const [kind = 'unknown'] = Object.entries(name).find(([, value]) => value !== undefined) ?? [];
  return { kind, text: name.dNSName?.toLowerCase() ?? mailbox(name.rfc822Name ?? '') };
}

/** In one spelling: of a mail address only the host is without case. */
function mailbox(text: string): string {
  const host = text.lastIndexOf('@') + 1;
  return text.slice(0, host) + text.slice(host).toLowerCase();
}

/** Whether every reader sees the same host in a name; one that nobody compares has none. */
function isReadable({ kind, text }: Name): boolean {
  if (kind === 'dNSName') return /^[!-~]+$/.test(text) && text.split('.').every((part) => part);
  return kind !== 'rfc822Name' || /^[^@]+@[^@]+$/.test(text);
}

/** Whether a wildcard such as `*.contoso.com` covers the very host of a constraint as well. */
function isCovered(constraint: Name, { kind, text }: Name): boolean {
  return (
    kind === 'dNSName' && text.startsWith('*.') && constraint.text.replace(/^[^.]*/, '*') === text
  );
}

/** The subject, its e-mail addresses, and all alternative names (RFC 5280, 4.2.1.10). */
function namesOf({ extensions, subject }: CertificateFacts): readonly Name[] {
  const alternative = extensions.find(({ id }) => id === id_ce_subjectAltName);
  const others = alternative
    ? [...AsnConvert.parse(alternative.value, SubjectAlternativeName)].map(constraintOf)
    : [];
  const emails = subject
    .filter(({ id }) => id === emailOid)
    .map(({ text }) => ({ kind: 'rfc822Name', text: mailbox(text) }));
  const directory = subject.length === 0 ? [] : [{ kind: 'directoryName', text: '' }];
  return [...directory, ...emails, ...others];
}

/** Whether a name lies in the subtree of a constraint of its kind. */
function meets(name: Name, constraint: Name): boolean {
  switch (name.kind) {
    case 'dNSName':
      return isBelow(name.text, constraint.text);
    case 'rfc822Name': {
      if (constraint.text.includes('@')) return name.text === constraint.text;
      const host = name.text.slice(name.text.lastIndexOf('@') + 1);
      return constraint.text.startsWith('.')
        ? host.endsWith(constraint.text)
        : host === constraint.text;
    }
    default:
      return true;
  }
}

/** `example.com` holds itself and all hosts below it; empty holds every host. */
function isBelow(host: string, constraint: string): boolean {
  if (constraint === '' || host === constraint) return true;
  return host.endsWith(constraint.startsWith('.') ? constraint : `.${constraint}`);
}
