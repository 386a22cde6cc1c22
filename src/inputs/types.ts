/** The shape of inputs and outputs; no values here. */

/** What commands have in common that are asked for as `keys init`: the first of the two words. */
export const commandGroups = ['keys', 'signers', 'trust'] as const;
export type CommandGroup = (typeof commandGroups)[number];

/** How a secret input may name its secret instead of holding it. */
export type ReferenceForm = 'url' | 'path';

/** Where an input can be given. */
export type HostName = 'action' | 'task' | 'cli';

/** Headings under which hosts and documents list the inputs, in this order. */
export const inputGroups = {
  image: 'Image',
  verification: 'Verification',
  build: 'Build',
  trust: 'Content trust',
  keys: 'Keys and signers',
  identity: 'Identity',
  advanced: 'Advanced',
} as const;
export type InputGroup = keyof typeof inputGroups;

interface Common {
  /** The heading it stands under. */
  readonly group: InputGroup;
  /** A few words, for the task's form. */
  readonly label: string;
  /** Full sentences; what it does, what it accepts, what happens without it. */
  readonly help: string;
  /** What `help` means for this command in particular. */
  readonly note?: string;
  /** Whether the command cannot do without it. */
  readonly required?: true;
  /** Names that the task of Azure Pipelines takes as well, because other tasks have them. */
  readonly taskAliases?: readonly string[];
  /** The hosts that have it; all if absent. */
  readonly hosts?: readonly HostName[];
  /** The signing engine without which it has no effect; any if absent. */
  readonly engine?: 'native' | 'docker';
  /** A value that is accepted, shown in errors and documents. */
  readonly example: string;
  /** Its value is a secret (or may be one): masked before anything else happens. */
  readonly secret?: true;
  /** The forms in which a secret input is no secret itself; none if absent. */
  readonly references?: readonly ReferenceForm[];
}

/** One text; surrounding white space is dropped. */
export interface TextInput extends Common {
  readonly type: 'text';
  readonly default?: string;
}

/** Several values, separated by commas or line ends outside of PEM; empty ones are dropped. */
export interface ListInput extends Common {
  readonly type: 'list';
}

/** What the entries of an input with an entry a line are; src/inputs/lines.ts knows them. */
export type LineForm = 'build-arg' | 'label' | 'secret';

/** Several values, one a line, because they may hold commas. */
export interface LinesInput extends Common {
  readonly type: 'lines';
  /** What each entry must look like; anything if absent. */
  readonly form?: LineForm;
}

export interface BooleanInput extends Common {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface ChoiceInput extends Common {
  readonly type: 'choice';
  readonly choices: Readonly<Record<string, string>>;
  readonly default: string;
}

/** An input as a command declares it. */
export type Input = TextInput | ListInput | LinesInput | BooleanInput | ChoiceInput;

/** The inputs of a command, or some that several commands share. */
export type Inputs = Readonly<Record<string, Input>>;

type Without<D> = D extends Input ? Omit<D, 'required' | 'note'> : never;

/** An input as all commands together have it. */
export type InputDefinition<N extends string = string> = Without<Input> & {
  /** The commands that read it. */
  readonly commands: readonly N[];
  /** Those of them that cannot do without it. */
  readonly requiredBy: readonly N[];
  /** What `help` means for some of them in particular. */
  readonly notes: readonly { readonly commands: readonly N[]; readonly help: string }[];
};

/** What an input of the given definition is once read. */
export type InputValue<D extends Input> = D extends { type: 'list' | 'lines' }
  ? readonly string[]
  : D extends { type: 'boolean' }
    ? boolean
    : D extends { type: 'choice' }
      ? keyof D['choices'] & string
      : D extends { default: string }
        ? string
        : string | undefined;

/** The inputs of a command, read and typed. */
export type InputValues<I extends Inputs> = { readonly [N in keyof I]: InputValue<I[N]> };
