"use strict";

// src/hosts/noted-folders.ts
var notedFoldersName = "foldersToRemove";
function readNotedFolders(text) {
  if (!text) return [];
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

// src/hosts/masks.ts
var shortestMask = 4;
var shortestTrace = 8;
var Masks = class {
  #forms = /* @__PURE__ */ new Set();
  #pattern;
  /** Adds `value` and gives the single-line forms that were not known before. */
  add(value) {
    const fresh = formsOf(value).filter((form) => !this.#forms.has(form));
    for (const form of fresh) this.#forms.add(form);
    if (fresh.length > 0) this.#pattern = patternOf(this.#forms);
    return fresh;
  }
  /** `text` with every known form replaced by three asterisks. */
  redact(text) {
    return this.#pattern ? text.replace(this.#pattern, "***") : text;
  }
};
function formsOf(value) {
  const whole = value.trim();
  if (whole.length < shortestMask) return [];
  const lines = whole.split(/\r\n|\r|\n/).map((line) => line.trim());
  const derived = [
    // Through bytes and back, as encodeURIComponent throws at half a surrogate pair.
    encodeURIComponent(Buffer.from(whole, "utf8").toString("utf8")),
    new URLSearchParams([["", whole]]).toString().slice(1),
    JSON.stringify(whole).slice(1, -1),
    ...base64Traces(value),
    ...base64Traces(whole)
  ];
  const isPem = whole.includes("-----BEGIN ");
  const secretLines = isPem ? lines.filter((line) => /^[A-Za-z0-9+/=]+$/.test(line)) : lines;
  return [.../* @__PURE__ */ new Set([...secretLines, ...derived])].filter(
    (form) => form.length >= shortestMask && !/[\r\n]/.test(form)
  );
}
function base64Traces(value) {
  const bytes = Buffer.from(value, "utf8");
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    const first = Math.ceil(shift * 8 / 6);
    const end = Math.floor((shift + bytes.length) * 8 / 6);
    const trace = encoded.slice(first, end);
    if (trace.length < shortestTrace) return [];
    return [trace, trace.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
function patternOf(forms) {
  const alternatives = [...forms].sort((a, b) => b.length - a.length).map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  return new RegExp(alternatives.join("|"), "g");
}

// src/errors.ts
var TrustError = class extends Error {
  code;
  remedy;
  constructor(code, message, details) {
    super(message, "cause" in details ? { cause: details.cause } : void 0);
    this.name = "TrustError";
    this.code = code;
    this.remedy = details.remedy;
  }
};
function messageOf(thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

// src/docker/private-config.ts
var import_promises = require("node:fs/promises");
var import_node_path = require("node:path");
var privateConfigPrefix = "acr-content-trust-docker-";
var markerFile = ".acr-content-trust";
async function removePrivateConfig(path) {
  const stats = await (0, import_promises.lstat)(path).catch(ignoreMissing);
  if (stats === void 0) return;
  const entries = stats.isDirectory() ? await (0, import_promises.readdir)(path) : [];
  const isOurs = new RegExp(`^${privateConfigPrefix}[A-Za-z0-9]{6}$`).test((0, import_node_path.basename)(path)) && stats.isDirectory() && (entries.length === 0 || entries.includes(markerFile));
  if (!isOurs) {
    throw new TrustError("INPUT_INVALID", `${path} is not a private Docker configuration of ours`, {
      remedy: "Nothing was removed. Remove it by hand if it is no longer needed."
    });
  }
  await (0, import_promises.rm)(path, { recursive: true, force: true, maxRetries: 3 });
}
function ignoreMissing(error) {
  const code = error.code;
  if (code === "ENOENT" || code === "ENOTDIR") return void 0;
  throw error;
}

// src/hosts/remove-noted.ts
async function removeNoted(folders) {
  const problems = [];
  for (const folder of folders) {
    try {
      await removePrivateConfig(folder);
    } catch (error) {
      problems.push(`The private folder ${folder} could not be removed: ${messageOf(error)}`);
    }
  }
  return problems;
}

// src/hosts/safe-lines.ts
var longestLine = 64 * 1024;
var ignorable = String.raw`\p{Default_Ignorable_Code_Point}`;
var colour = String.raw`\x1b\[[0-9;:]*m`;
var hidden = `(?:[${ignorable}]|${colour})*`;
var lineEnd = /\r\n|\r|\n/;
var bracketMarker = new RegExp(
  `(#${hidden}#${hidden}(?:v${hidden}s${hidden}o${hidden})?)\\[`,
  "giu"
);
var colonMarker = new RegExp(`^((?:[\\s\\u0085${ignorable}]|${colour})*:${hidden}):`, "u");
var controls = (
  // eslint-disable-next-line no-control-regex -- that is what it looks for
  /\x1b\[[0-?]*[ -/]*[@-ln-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b(?!\[[0-9;:]*m)|[\0-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]/g
);
function safeText(text, masks) {
  return safeLine(text.split(lineEnd).join(" "), masks);
}
function safeLine(line, masks) {
  return masks.redact(line.replace(controls, "")).replace(bracketMarker, "$1 [").replace(colonMarker, "$1 :");
}

// src/hosts/actions/post.ts
async function main() {
  const noted = readNotedFolders(process.env[`STATE_${notedFoldersName}`]);
  for (const problem of await removeNoted(noted)) {
    const message = safeText(problem, new Masks()).replaceAll("%", "%25");
    process.stdout.write(`::warning::${message}
`);
  }
}
void main();
