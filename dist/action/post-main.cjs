"use strict";

// src/errors.ts
var exitCodes = {
  done: 0,
  failed: 1,
  badInput: 2,
  stopped: { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, SIGBREAK: 149 }
};
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

// src/docker/share-entries.ts
function ignoreMissing(error) {
  const code = error.code;
  if (code === "ENOENT" || code === "ENOTDIR") return void 0;
  throw error;
}

// src/docker/private-config.ts
var privateConfigPrefix = "acr-content-trust-docker-";
var markerFile = ".acr-content-trust";
async function removePrivateConfig(path) {
  const stats = await (0, import_promises.lstat)(path).catch(ignoreMissing);
  if (stats === void 0) return;
  const entries = stats.isDirectory() ? await (0, import_promises.readdir)(path) : [];
  const isOurs = isPrivateConfigName((0, import_node_path.basename)(path)) && stats.isDirectory() && (entries.length === 0 || entries.includes(markerFile));
  if (!isOurs) {
    throw new TrustError(
      "UNEXPECTED",
      `${path} is not a private Docker configuration of this product`,
      {
        remedy: "Nothing was removed. Remove it by hand if it is no longer needed."
      }
    );
  }
  await (0, import_promises.rm)(path, { recursive: true, force: true, maxRetries: 3 });
}
function isPrivateConfigName(name) {
  return new RegExp(`^${privateConfigPrefix}[A-Za-z0-9]{6}$`).test(name);
}

// src/hosts/cleanup-registry.ts
var cleanupVariable = "foldersToRemove";
function parseCleanup(text) {
  if (!text) return [];
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
async function runCleanup(folders) {
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

// src/hosts/canonical-text.ts
var mostPasses = 4;
var token = /(?:%[0-9a-f]{2})+|\\u\{[0-9a-f]{1,6}\}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\[bfnrt]|&#x[0-9a-f]{1,6};|&?#[0-9]{1,7};|&(?:amp|lt|gt|quot|apos|nbsp);|[\s+]+|[\\`|\p{Cc}\p{Default_Ignorable_Code_Point}]/giu;
var names = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " "
};
var ampersand = /&/g;
function canonicalText(text) {
  const indexes = Array.from({ length: text.length }, (_, index) => index);
  let traced = { text, starts: indexes, ends: indexes.map((index) => index + 1) };
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const next = replaced(traced, token, meaningOf);
    if (next.text === traced.text) break;
    traced = next;
  }
  const { text: canonical, starts, ends } = replaced(traced, ampersand, () => "");
  return {
    text: canonical,
    rangeOf: (start, end) => [starts[start] ?? 0, ends[end - 1] ?? 0]
  };
}
function replaced({ text, starts, ends }, pattern, meaning) {
  const [pieces, nextStarts, nextEnds] = [[], [], []];
  let at = 0;
  const keep = (until) => {
    pieces.push(text.slice(at, until));
    for (; at < until; at += 1) {
      nextStarts.push(starts[at] ?? 0);
      nextEnds.push(ends[at] ?? 0);
    }
  };
  for (const match of text.matchAll(pattern)) {
    keep(match.index);
    const instead = meaning(match[0]);
    const end = match.index + match[0].length;
    pieces.push(instead);
    const length = nextStarts.length + instead.length;
    while (nextStarts.length < length) {
      nextStarts.push(starts[match.index] ?? 0);
      nextEnds.push(ends[end - 1] ?? 0);
    }
    at = end;
  }
  keep(text.length);
  return { text: pieces.join(""), starts: nextStarts, ends: nextEnds };
}
function meaningOf(escape) {
  const lower = escape.toLowerCase();
  if (lower.startsWith("%")) return Buffer.from(lower.replaceAll("%", ""), "hex").toString("utf8");
  if (/^\\[ux]/.test(lower))
    return characterOf(Number.parseInt(lower.replace(/[^0-9a-f]/g, ""), 16));
  if (/^\\[bfnrt]$/.test(lower) || /^[\s+]/.test(lower)) return " ";
  if (lower.startsWith("&#x")) return characterOf(Number.parseInt(lower.slice(3, -1), 16));
  if (/^&?#/.test(lower)) return characterOf(Number.parseInt(lower.replace(/\D/g, ""), 10));
  if (lower.startsWith("&")) return names[lower.slice(1, -1)] ?? "";
  return "";
}
function characterOf(code) {
  return code <= 1114111 ? String.fromCodePoint(code) : "";
}

// src/hosts/secret-masker.ts
var shortestMask = 4;
var shortestTrace = 8;
var fragmentLength = 12;
var cutMark = /\s?(?:\.\.\.|…)/g;
var SecretMasker = class {
  /** What hosts were told, so that they are told once. */
  #told = /* @__PURE__ */ new Set();
  /** What is looked for as it stands, because too little is left of it without its escapes. */
  #plain = /* @__PURE__ */ new Set();
  /** What is looked for in a text without its escapes. */
  #needles = /* @__PURE__ */ new Set();
  #fragments = /* @__PURE__ */ new Set();
  /** Adds `value` and gives the single-line forms that were not known before. */
  add(value) {
    const fresh = maskedForms(value).filter((form) => !this.#told.has(form));
    for (const form of fresh) this.#told.add(form);
    const whole = value.trim();
    if (whole.length < shortestMask) return fresh;
    for (const form of [
      whole,
      ...secretLinesOf(whole),
      ...base64Traces(value),
      ...base64Traces(whole)
    ])
      this.#remember(form);
    return fresh;
  }
  /** `text` with every known secret replaced by three asterisks. */
  redact(text) {
    if (this.#needles.size === 0 && this.#plain.size === 0) return text;
    const found = [];
    for (const form of this.#plain) {
      for (const start of occurrences(text, form)) found.push([start, start + form.length]);
    }
    const canonical = canonicalText(text);
    for (const needle of this.#needles) {
      for (const start of occurrences(canonical.text, needle))
        found.push(canonical.rangeOf(start, start + needle.length));
    }
    for (const [start, end] of this.#cutOff(canonical.text))
      found.push(canonical.rangeOf(start, end));
    if (this.#fragments.size > 0) {
      for (let start = 0; start + fragmentLength <= canonical.text.length; start += 1) {
        const end = start + fragmentLength;
        if (this.#fragments.has(canonical.text.slice(start, end)))
          found.push(canonical.rangeOf(start, end));
      }
    }
    return found.length === 0 ? text : blotOut(text, found);
  }
  /** Where a secret begins that the end of a cut text breaks off. */
  *#cutOff(text) {
    for (const { index: end } of text.matchAll(cutMark)) {
      for (const needle of this.#needles) {
        const beforeEnd = text.slice(Math.max(0, end - needle.length), end);
        for (const at of occurrences(beforeEnd, needle.slice(0, shortestMask))) {
          if (needle.startsWith(beforeEnd.slice(at))) yield [end - beforeEnd.length + at, end];
        }
      }
    }
  }
  #remember(form) {
    if (form.length < shortestMask) return;
    const { text } = canonicalText(form);
    if (text.trim().length < shortestMask) {
      this.#plain.add(form);
      return;
    }
    this.#needles.add(text);
    if (!isDense(form)) return;
    for (let start = 0; start + fragmentLength <= text.length; start += 1)
      this.#fragments.add(text.slice(start, start + fragmentLength));
  }
};
function maskedForms(value) {
  const whole = value.trim();
  if (whole.length < shortestMask) return [];
  const derived = [
    // Through bytes and back, as encodeURIComponent throws at half a surrogate pair.
    encodeURIComponent(Buffer.from(whole, "utf8").toString("utf8")),
    new URLSearchParams([["", whole]]).toString().slice(1),
    JSON.stringify(whole).slice(1, -1),
    ...base64Traces(value),
    ...base64Traces(whole)
  ];
  return [.../* @__PURE__ */ new Set([...secretLinesOf(whole), ...derived])].filter(
    (form) => form.length >= shortestMask && !/[\r\n]/.test(form)
  );
}
function secretLinesOf(whole) {
  const lines = whole.split(/\r\n|\r|\n/).map((line) => line.trim());
  return whole.includes("-----BEGIN ") ? lines.filter((line) => /^[A-Za-z0-9+/=]+$/.test(line)) : lines;
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
function isDense(form) {
  return /^\S{24,}$/.test(form) && /[a-z]/.test(form) && /[A-Z]/.test(form) && /\d/.test(form);
}
function* occurrences(text, part) {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) yield at;
}
function blotOut(text, ranges) {
  let [result, at] = ["", 0];
  for (const [start, end] of [...ranges].sort(([a], [b]) => a - b)) {
    if (start > at || start === 0 && at === 0 && result === "")
      result += `${text.slice(at, start)}***`;
    at = Math.max(at, end);
  }
  return result + text.slice(at);
}

// src/limits.ts
var limits = {
  /** A root of the most keys and certificates that are read is smaller. */
  rootBytes: 16 * 1024 * 1024,
  timestampBytes: 1024 * 1024,
  /**
   * Snapshot, targets and delegations: bound by the length their parent states, and by this, which is
   * room for some 200 000 tags. Notary's own client reads 100 MiB (notary const.go).
   */
  metadataBytes: 32 * 1024 * 1024,
  /** All trust data of one repository: what is read, verified and held in memory. */
  repositoryBytes: 128 * 1024 * 1024,
  /** Files of roles that are asked for by plain name, before anybody has stated their length. */
  prefetchedRoles: 32,
  prefetchedBytes: 8 * 1024 * 1024,
  /** Files of roles that are fetched at the same time. */
  concurrentRoleFiles: 8,
  /** Keys of a role, each counted once: of root, targets, snapshot and timestamp, and of others. */
  keysPerBaseRole: 64,
  keysPerRole: 1024,
  /** Beginnings of tags that a delegation may be limited to. */
  pathsPerRole: 256,
  /** Different signatures of a file, and those of them that claim to be of one key. */
  signaturesPerFile: 1024,
  signaturesPerKey: 8,
  /** Signatures that are checked for one repository, and the bytes that are hashed for them. */
  signatureChecks: 8192,
  signedBytes: 1024 * 1024 * 1024,
  serverKeyBytes: 256 * 1024,
  errorBodyBytes: 64 * 1024,
  manifestBytes: 4 * 1024 * 1024,
  tokenBytes: 1024 * 1024,
  /** A blob is sent in pieces of this size; as much is held in memory for each that is under way. */
  blobChunkBytes: 8 * 1024 * 1024,
  /** How long one piece may take on its way to the registry. */
  blobChunkTimeoutMs: 5 * 6e4,
  /** Blobs that are copied at the same time. */
  concurrentBlobs: 4,
  /** How often the copying of one blob is begun. */
  blobTries: 3,
  /** An image of more manifests, or of more levels of indexes, is not copied. */
  manifestsPerImage: 512,
  indexDepth: 4,
  /** A file that nobody has validly signed is not followed beyond this version: it would end the numbers. */
  unsignedVersion: 1e6,
  /** A chain of root versions longer than this is not followed. */
  rootRotations: 1024,
  delegationDepth: 16,
  /** Certificates that come with one key: a leaf and its intermediates. */
  certificatesPerKey: 16,
  /** Certificates in a file that is a pin; the bundle of all public authorities has 150. */
  pinnedAuthorities: 512,
  /** Signatures checked on the way from a certificate to a pinned authority; Go has the same. */
  pathSignatures: 100,
  delegations: 1024,
  /** A registry login older than this is made anew before it is used (it lasts 3 hours, once 35 min). */
  registryLoginMs: 20 * 6e4,
  /** How long a registry login lasts that does not say so (ACR's refresh tokens: 3 hours). */
  registryLoginLifetimeMs: 3 * 60 * 6e4,
  /** Requests of the whole process that are under way at the same time. */
  concurrentRequests: 32,
  /** One request with all its tries; and one try of a request that may be repeated. */
  httpTimeoutMs: 6e4,
  httpTryMs: 18e3,
  httpRetries: 3,
  /** How long a proxy may take to open a connection. */
  proxyConnectMs: 15e3,
  /** A wait is told to the user each time it has lasted this much longer. */
  waitReportMs: 15e3,
  /** A program that says nothing is told of each time this has passed. */
  silenceReportMs: 2 * 6e4,
  httpRetryBaseMs: 500,
  httpRetryCapMs: 1e4,
  /** How long a publish may go on meeting version conflicts. */
  publishDeadlineMs: 12e4,
  publishRetryBaseMs: 100,
  publishRetryCapMs: 3e3,
  /** How long a server may take until a reader sees what it accepted. */
  readBackDeadlineMs: 2e4,
  /** How often a publish is sent whose answers leave open whether it took effect. */
  publishUncertainTries: 4,
  /** Lifetimes as Notary and Docker write them (notary const.go). */
  rootLifetimeDays: 10 * 365,
  targetsLifetimeDays: 3 * 365,
  /** Six months, as in notary client/client.go: warn, and sign a role again if we may anyway. */
  expiryWarningDays: 183,
  /** A compose file, a file of Kubernetes manifests, or a list of images. */
  imageFileBytes: 16 * 1024 * 1024,
  /** One document of it, in characters: Kubernetes itself takes objects of at most 3 MiB. */
  yamlDocumentLength: 4 * 1024 * 1024,
  /** How deep maps and lists may lie in each other; the deepest in use are some dozens. */
  yamlDepth: 256,
  /** Keys that maps take over from others, in one document. */
  yamlMergedKeys: 1e5,
  /** Files in the folders that are given, and how deep these folders go. */
  imageFiles: 1e4,
  imageFolderDepth: 32,
  /** The configuration of an image, which says when it was made. */
  imageConfigBytes: 8 * 1024 * 1024,
  /** Written to find out whether a disk has room for what a run leaves behind. */
  outputProbeBytes: 64 * 1024,
  /** Tags of one repository that the registry is asked for, or given, at the same time. */
  concurrentTags: 16,
  /** Repositories that are verified at the same time. */
  concurrentRepositories: 8,
  /** How runs that signed the same tag bring registry and trust data to agree. */
  reconcilePauseMs: 100,
  /** How long whoever put something else under a tag gets to look again, before we put ours. */
  reconcileGraceMs: 2e3,
  reconcileDeadlineMs: 2e4,
  /** How often a file that another program holds is tried, and the pause that grows with each try. */
  fileBusyTries: 10,
  fileBusyPauseMs: 100,
  /** Lines of one message on bad inputs. */
  shownProblems: 25,
  /** What a cache folder holds of one repository: its trust data in base64. */
  trustCacheBytes: 180 * 1024 * 1024,
  keyFileBytes: 64 * 1024,
  /** A folder of keys, or an archive of one: its key files, and everything else that lies there. */
  keyStoreFiles: 1e3,
  keyStoreEntries: 2e4,
  /** As deep as the folders of old key stores can lie, which spell out the name of a repository. */
  keyStoreDepth: 32,
  /** An archive of keys as it is, and unpacked: it may hold the trust data of many repositories. */
  keyArchiveBytes: 32 * 1024 * 1024,
  keyArchiveUnpackedBytes: 64 * 1024 * 1024,
  /** The most PBKDF2 rounds a key file may ask for; the most in use anywhere is near a million. */
  pbkdf2Iterations: 5e6,
  /** The same of PKCS#12, whose rounds are ours to run. */
  pkcs12Iterations: 1e6,
  /** One token of Entra ID, with everything that is asked for it and all retries. */
  signInDeadlineMs: 9e4,
  /** A program that is asked for a token: Azure CLI, Azure PowerShell, Azure Developer CLI. */
  tokenProgramMs: 4e4,
  /** One operation on Key Vault, with its sign-in and all its retries. */
  vaultDeadlineMs: 18e4,
  /** Keys of a vault that are read at the same time when it is listed. */
  concurrentVaultKeys: 8,
  /** A file of a backup folder; Key Vault's backups of keys with many versions take some hundred KiB. */
  backupFileBytes: 16 * 1024 * 1024,
  /** How many versions of a key are looked at to find the one that a repository lists. */
  keyVersionsRead: 24,
  /** How long a child process gets to end after it was asked to, before it is killed. */
  childGraceMs: 5e3,
  /** How long a run that was asked to stop gets to clean up, before it is left as it is. */
  shutdownGraceMs: 3e4,
  /** A job summary; GitHub drops one of more than 1 MiB. */
  summaryBytes: 900 * 1024,
  /** The message of a failure, and its remedy; hosts cut annotations that are longer. */
  failureBytes: 16 * 1024,
  /** Warnings that are told one by one; the report has all. */
  warningsShown: 100,
  /** A private folder of this age belongs to no run, wherever that was: jobs end before. */
  abandonedAfterMs: 7 * 24 * 60 * 6e4,
  /** How long a process that is done waits for its output to be taken. */
  outputFlushMs: 12e4
};

// src/hosts/shutdown.ts
var shutdownSignals = Object.keys(exitCodes.stopped);

// src/hosts/exit.ts
var closedCodes = /* @__PURE__ */ new Set(["EPIPE", "ECONNRESET", "EOF", "ERR_STREAM_DESTROYED"]);
var lossy = /* @__PURE__ */ new WeakSet();
function tolerateLostOutput({ stdout, stderr }) {
  for (const output of [stdout, stderr]) {
    output.on("error", (error) => {
      if (!closedCodes.has(error.code ?? "")) lossy.add(output);
    });
  }
}

// src/hosts/sanitize-output.ts
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
function sanitizeText(text, masker) {
  return sanitizeLine(text.split(lineEnd).join(" "), masker);
}
function sanitizeLine(line, masker) {
  return masker.redact(line.replace(controls, "")).replace(bracketMarker, "$1 [").replace(colonMarker, "$1 :");
}

// src/hosts/actions/post.ts
async function main() {
  tolerateLostOutput(process);
  const noted = parseCleanup(process.env[`STATE_${cleanupVariable}`]);
  for (const problem of await runCleanup(noted)) {
    const message = sanitizeText(problem, new SecretMasker()).replaceAll("%", "%25");
    process.stdout.write(`::warning::${message}
`);
  }
}
void main();
