import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Imports run one way: hosts -> commands -> the subjects -> ports, errors (docs/architecture.md). */
const forbid = (target, from) => ({
  target: `./src/${target}`,
  from: from.map((f) => `./src/${f}`),
});

/** What no subject may know of, and what none may that signs in to nothing by itself. */
const upwards = ['hosts', 'commands', 'inputs'];
const useCases = ['key-rotation', 'repositories', 'image-signing', 'verification'];
const fromRun = [...upwards, ...useCases, 'access'];

/** A command never imports another: what two of them need stands where neither is. */
const sources = readdirSync(path.join(import.meta.dirname, 'src/commands'), { recursive: true })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `./src/commands/${file.replaceAll(path.sep, '/')}`);
const definitions = sources.filter((file) =>
  / = defineCommand\(/.test(readFileSync(path.join(import.meta.dirname, file), 'utf8')),
);
const folders = definitions.map((file) => path.dirname(file));
const commands = definitions.map((file) => {
  const folder = path.dirname(file);
  const isAlone = folders.filter((other) => other === folder).length === 1;
  return isAlone && folder !== './src/commands' ? folder : file;
});
const separateCommands = commands.map((command) => ({
  target: sources.filter(
    (file) =>
      ![command, './src/commands/commands.ts'].includes(file) && !file.startsWith(`${command}/`),
  ),
  from: command,
  message: 'A command never imports another.',
}));

const typed = (name) => `[typeAnnotation.typeAnnotation.typeName.name=${name}]`;
const picked = (name) =>
  `[typeAnnotation.typeAnnotation.typeArguments.params.0.typeName.name=${name}]`;

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'test/fixtures/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-extraneous-dependencies': [
        'error',
        { devDependencies: ['test/**', 'scripts/**', '*.config.*'] },
      ],
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            ...separateCommands,
            forbid('commands', ['hosts']),
            forbid('key-rotation', upwards),
            forbid('repositories', [...upwards, 'key-rotation', 'image-signing']),
            forbid('image-signing', [...upwards, 'key-rotation', 'repositories']),
            forbid('access', [...upwards, ...useCases]),
            forbid('verification', [
              ...upwards,
              'key-rotation',
              'repositories',
              'image-signing',
              'docker',
            ]),
            forbid('report', [
              'hosts',
              'commands',
              ...useCases,
              'access',
              'azure',
              'docker',
              'registry',
              'signing',
              'trust',
              'notation',
              'http',
            ]),
            forbid('diagnosis', upwards),
            forbid('setup', [...upwards, 'docker']),
            forbid('inputs', [
              'hosts',
              'commands',
              ...useCases,
              'access',
              'docker',
              'registry',
              'azure',
              'signing',
            ]),
            forbid('azure', [...fromRun, 'docker', 'registry']),
            forbid('docker', [...fromRun, 'azure', 'trust', 'signing']),
            forbid('registry', [...fromRun, 'azure', 'docker', 'trust', 'signing']),
            forbid('signing', [...fromRun, 'azure', 'docker', 'registry']),
            forbid('trust', [...fromRun, 'azure', 'docker', 'registry', 'signing']),
            forbid('notation', [...fromRun, 'azure', 'docker', 'registry']),
            forbid('migration', [...fromRun, 'azure', 'docker', 'signing', 'http']),
            forbid('deployment-files', [...fromRun, 'azure', 'docker', 'trust', 'signing', 'http']),
            forbid('http', [...fromRun, 'azure', 'docker', 'registry', 'signing', 'trust']),
            forbid('output-files', [
              ...fromRun,
              'azure',
              'docker',
              'registry',
              'signing',
              'trust',
              'http',
            ]),
          ],
        },
      ],
    },
  },
  {
    files: ['src/commands/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          // Two logs lose warnings: the run's own keeps them for the report.
          selector: `:function:has(> *.params${typed('"Log"')}):matches(:has(> *.params${typed('/^(Run|HostContext)$/')}), :has(> *.params${picked('/^(Run|HostContext)$/')}))`,
          message: 'A run has its log: take the run alone.',
        },
      ],
    },
  },
  {
    files: ['src/commands/**'],
    ignores: ['src/commands/command.ts', 'src/commands/commands.ts', 'src/commands/inputs/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/inputs/index.js'],
              importNames: ['RawValues', 'InputValues'],
              message: 'Raw values end where inputs are parsed: take the configuration.',
            },
          ],
        },
      ],
    },
  },
  {
    files: [
      'src/trust/metadata/**',
      'src/trust/verification/**',
      'src/notation/**',
      'src/migration/**',
    ],
    // What asks others and what reads files; the rest of the folder is given what they say.
    ignores: ['src/notation/exchange.ts', 'src/notation/trust-files.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: ['node:fs*', 'node:http*', 'node:net', '**/http/**', '@azure/*'] },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
