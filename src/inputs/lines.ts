/**
 * Inputs with an entry a line, for the builder: what an entry must look like, and what people write
 * instead. An entry in quotes may go over several lines, as docker/build-push-action has it. Nothing
 * of an entry ever stands in a message, since it may hold a secret: lines are named by their numbers.
 */
import type { LineForm } from './types.js';

/** An entry, and the line it begins in. */
export interface Entry {
  readonly line: number;
  readonly text: string;
  /** Whether a quote was opened and never closed. */
  readonly isOpen: boolean;
}

/** What is wrong with an entry. */
export interface EntryFlaw {
  /** So that it reads after `line 3`. */
  readonly problem: string;
  readonly remedy: string;
}

/** The entries of a text, without the quotes around them; empty lines are dropped. */
export function entriesOf(text: string): readonly Entry[] {
  const lines = text.split(/\r?\n/);
  const entries: Entry[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    let whole = (lines[index] ?? '').trim();
    if (whole === '') continue;
    if (!whole.startsWith('"')) {
      entries.push({ line, text: whole, isOpen: false });
      continue;
    }
    while (!isClosed(whole) && index + 1 < lines.length) {
      index += 1;
      whole += `\n${lines[index] ?? ''}`;
      if (isClosed(whole.trimEnd())) whole = whole.trimEnd();
    }
    const isOpen = !isClosed(whole);
    entries.push({ line, text: isOpen ? whole : unquoted(whole), isOpen });
  }
  return entries;
}

/** Whether a text is in quotes as a whole; a quote within is written twice. */
function isClosed(text: string): boolean {
  return /^"(?:[^"]|"")*"$/.test(text);
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll('""', '"');
}

/** What is wrong with an entry; undefined for nothing. */
export function flawOf(
  form: LineForm,
  { text, isOpen = false }: Partial<Entry>,
): EntryFlaw | undefined {
  const { write, flag, isEntry } = forms[form];
  const entry = text ?? '';
  const flaw = (problem: string, remedy: string): EntryFlaw => ({ problem, remedy });
  if (isOpen) {
    return flaw(
      'opens a quote that is never closed',
      `Close the quote, or write ${write} without quotes.`,
    );
  }
  if (entry.startsWith('#')) {
    return flaw('is a comment, which the builder would take for an entry', 'Remove the line.');
  }
  if (entry.startsWith('-')) {
    return flaw('begins with a flag', `Leave out ${flag}, and write only ${write}.`);
  }
  if (/^[^=]*\s=|^[^=\s]+=\s+\S/.test(entry) && !isEntry(entry)) {
    return flaw('has blanks around its equals sign', `Write ${write}, without blanks.`);
  }
  if (isEntry(entry)) return undefined;
  if (form === 'secret') return secretFlaw(entry);
  return flaw(
    `is not ${write}`,
    `Write ${write} in one line. A value of several lines goes in quotes, the name included: "NAME=first line", and so on to the closing quote.`,
  );
}

interface Form {
  /** How an entry is written. */
  readonly write: string;
  /** The flag of Docker that takes such an entry. */
  readonly flag: string;
  readonly isEntry: (text: string) => boolean;
}

const forms: Readonly<Record<LineForm, Form>> = {
  'build-arg': {
    write: 'NAME=value, or NAME for the value of that environment variable',
    flag: '--build-arg',
    isEntry: (text) => /^[A-Za-z_][A-Za-z0-9_.-]*(?:=(?!\s)[^]*|=\s*)?$/.test(text),
  },
  label: {
    write: 'name=value',
    flag: '--label',
    isEntry: (text) => /^[^\s=#'"-](?:[^=\n]*[^\s=])?=(?:(?!\s)[^]*|\s*)$/.test(text),
  },
  secret: {
    write: 'id=name,env=VARIABLE or id=name,src=path',
    flag: '--secret',
    isEntry: (text) => isSecretEntry(text),
  },
};

/** As `docker build --secret` reads it (buildx util/buildflags ParseSecretSpecs), in strict form. */
function isSecretEntry(text: string): boolean {
  const fields = text.split(',').map((field) => {
    const [, name = '', value = ''] = /^([a-z]+)=(\S(?:.*\S)?)$/.exec(field) ?? [];
    return [name, value] as const;
  });
  const names = fields.map(([name]) => name);
  const id = fields.find(([name]) => name === 'id')?.[1] ?? '';
  const variable = fields.find(([name]) => name === 'env')?.[1] ?? 'A';
  return (
    names.every((name) => ['id', 'env', 'src', 'source', 'type'].includes(name)) &&
    new Set(names).size === names.length &&
    /^[\w./-]+$/.test(id) &&
    /^[A-Za-z_]\w*$/.test(variable)
  );
}

function secretFlaw(entry: string): EntryFlaw {
  // A name in capitals is that of a variable; anything else might be a piece of the secret itself.
  const [, name = 'NAME'] = /^([A-Z][A-Z0-9_]{0,63})=/.exec(entry) ?? [];
  return {
    problem: 'holds a value itself, or is not id=name,env=VARIABLE or id=name,src=path',
    remedy:
      `Write id=${name},env=${name}, and give the value in the environment variable ${name} of the step.\n` +
      'A value of several lines is given the same way.',
  };
}

/** The values that stand in a text of secrets although only their names should: to be masked. */
export function secretValuesIn(text: string): readonly string[] {
  const wrong = entriesOf(text).filter((entry) => flawOf('secret', entry) !== undefined);
  return wrong.flatMap((entry) => [
    entry.text,
    entry.text.slice(entry.text.indexOf('=') + 1).trim(),
  ]);
}
