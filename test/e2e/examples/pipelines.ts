/** Expands templates of Azure Pipelines, as far as the examples use them: to jobs with their steps. */
import path from 'node:path';
import { parse } from 'yaml';

type Values = Readonly<Record<string, unknown>>;

export interface PipelineStep {
  readonly task?: string;
  readonly script?: string;
  readonly inputs?: Readonly<Record<string, string | number | boolean>>;
}

export interface PipelineJob {
  readonly name: string;
  /** Of one of its parts, where it has several. */
  readonly variables: Readonly<Record<string, string>>;
  readonly steps: readonly PipelineStep[];
}

/** All jobs of a pipeline. @param textOf the text of a file, by its path. */
export function jobsOf(file: string, textOf: (file: string) => string): readonly PipelineJob[] {
  const { extends: extended, ...own } = parse(textOf(file)) as Values;
  const called = extended as { readonly template: string; readonly parameters: Values } | undefined;
  const pipeline = called
    ? expandTemplate({ file, textOf, values: {} }, called.template, called.parameters)
    : expand(own, { file, textOf, values: {} });
  return collectJobs(pipeline as Values);
}

interface Scope {
  readonly file: string;
  readonly textOf: (file: string) => string;
  readonly values: Values;
}

function expandTemplate(scope: Scope, template: string, given: Values = {}): unknown {
  const file = path.posix.join(path.posix.dirname(scope.file), template.replace(/@\w+$/, ''));
  const { parameters = [], ...content } = parse(scope.textOf(file)) as {
    readonly parameters?: readonly { readonly name: string; readonly default?: unknown }[];
  };
  const defaults = parameters.map((one) => [one.name, one.default] as const);
  const values = { parameters: { ...Object.fromEntries(defaults), ...given } };
  return expand(content, { ...scope, file, values });
}

function expand(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return expandText(value, scope.values);
  if (Array.isArray(value)) return value.flatMap((item) => expandItem(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, content]) => expandEntry(key, content, scope)),
  );
}

/** One element of a list, in the place of which several or none may come. */
function expandItem(item: unknown, scope: Scope): readonly unknown[] {
  if (typeof item !== 'object' || item === null) return [expand(item, scope)];
  const [key = '', content] = Object.entries(item)[0] ?? [];
  if (key === 'template') {
    const { template, parameters } = item as { template: string; parameters?: Values };
    const given = expand(parameters ?? {}, scope) as Values;
    const expanded = expandTemplate(scope, template, given) as Values;
    return Object.values(expanded)[0] as readonly unknown[];
  }
  if (!isDirective(key)) return [expand(item, scope)];
  return scopesOf(key, scope).flatMap((inner) => expand(content, inner) as readonly unknown[]);
}

function expandEntry(key: string, content: unknown, scope: Scope): readonly [string, unknown][] {
  if (!isDirective(key)) {
    return [[String(expandText(key, scope.values)), expand(content, scope)]];
  }
  return scopesOf(key, scope).flatMap((inner) => Object.entries(expand(content, inner) as object));
}

const isDirective = (key: string): boolean => /^\$\{\{ (?:each|if) /.test(key);

/** In which scopes the content of an `each` or `if` is expanded. */
function scopesOf(directive: string, scope: Scope): readonly Scope[] {
  const [, name = '', list = ''] = /^\$\{\{ each (\w+) in (\S+) \}\}$/.exec(directive) ?? [];
  if (name !== '') {
    const items = evaluate(list, scope.values) as readonly unknown[];
    return items.map((item) => ({ ...scope, values: { ...scope.values, [name]: item } }));
  }
  const [, condition = ''] = /^\$\{\{ if (\S+) \}\}$/.exec(directive) ?? [];
  return evaluate(condition, scope.values) === undefined ? [] : [scope];
}

function expandText(text: string, values: Values): unknown {
  const whole = /^\$\{\{ ([^{}]+) \}\}$/.exec(text);
  if (whole) return evaluate(whole[1] ?? '', values);
  return text.replace(/\$\{\{ ([^{}]+) \}\}/g, (_, expression: string) =>
    String(evaluate(expression, values)),
  );
}

function evaluate(expression: string, values: Values): unknown {
  const [, of, from = '', to = ''] = /^replace\((\w+), '(.+)', '(.+)'\)$/.exec(expression) ?? [];
  if (of !== undefined) return String(evaluate(of, values)).replaceAll(from, to);
  if (!/^[\w.]+$/.test(expression)) throw new Error(`"${expression}" is not understood here`);
  return expression
    .split('.')
    .reduce<unknown>((value, name) => (value as Values | undefined)?.[name], values);
}

interface JobLike {
  readonly job?: string;
  readonly deployment?: string;
  readonly steps?: readonly PipelineStep[];
  readonly strategy?: {
    readonly matrix?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly runOnce?: { readonly deploy: { readonly steps: readonly PipelineStep[] } };
  };
}

function collectJobs(pipeline: Values): readonly PipelineJob[] {
  const stages = (pipeline.stages as readonly Values[] | undefined) ?? [pipeline];
  return stages.flatMap((stage) =>
    ((stage.jobs as readonly JobLike[] | undefined) ?? [stage as JobLike]).flatMap((one) => {
      const name = one.job ?? one.deployment ?? 'job';
      const steps = one.steps ?? one.strategy?.runOnce?.deploy.steps ?? [];
      const parts = Object.values(one.strategy?.matrix ?? { whole: {} });
      return parts.map((variables) => ({ name, variables, steps }));
    }),
  );
}
