"use strict";
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __commonJS = (cb, mod) => function __require() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));

// node_modules/azure-pipelines-task-lib/taskcommand.js
var require_taskcommand = __commonJS({
  "node_modules/azure-pipelines-task-lib/taskcommand.js"(exports2) {
    "use strict";
    Object.defineProperty(exports2, "__esModule", { value: true });
    exports2.commandFromString = exports2.TaskCommand = void 0;
    var CMD_PREFIX = "##vso[";
    var TaskCommand2 = (
      /** @class */
      (function() {
        function TaskCommand3(command, properties, message) {
          if (!command) {
            command = "missing.command";
          }
          this.command = command;
          this.properties = properties;
          this.message = message;
        }
        TaskCommand3.prototype.toString = function() {
          var cmdStr = CMD_PREFIX + this.command;
          if (this.properties && Object.keys(this.properties).length > 0) {
            cmdStr += " ";
            for (var key in this.properties) {
              if (this.properties.hasOwnProperty(key)) {
                var val = this.properties[key];
                if (val) {
                  cmdStr += key + "=" + escape("" + (val || "")) + ";";
                }
              }
            }
          }
          cmdStr += "]";
          var message = "" + (this.message || "");
          cmdStr += escapedata(message);
          return cmdStr;
        };
        return TaskCommand3;
      })()
    );
    exports2.TaskCommand = TaskCommand2;
    function commandFromString(commandLine) {
      var preLen = CMD_PREFIX.length;
      var lbPos = commandLine.indexOf("[");
      var rbPos = commandLine.indexOf("]");
      if (lbPos == -1 || rbPos == -1 || rbPos - lbPos < 3) {
        throw new Error("Invalid command brackets");
      }
      var cmdInfo = commandLine.substring(lbPos + 1, rbPos);
      var spaceIdx = cmdInfo.indexOf(" ");
      var command = cmdInfo;
      var properties = {};
      if (spaceIdx > 0) {
        command = cmdInfo.trim().substring(0, spaceIdx);
        var propSection = cmdInfo.trim().substring(spaceIdx + 1);
        var propLines = propSection.split(";");
        propLines.forEach(function(propLine) {
          propLine = propLine.trim();
          if (propLine.length > 0) {
            var eqIndex = propLine.indexOf("=");
            if (eqIndex == -1) {
              throw new Error("Invalid property: " + propLine);
            }
            var key = propLine.substring(0, eqIndex);
            var val = propLine.substring(eqIndex + 1);
            properties[key] = unescape(val);
          }
        });
      }
      var msg = unescapedata(commandLine.substring(rbPos + 1));
      var cmd = new TaskCommand2(command, properties, msg);
      return cmd;
    }
    exports2.commandFromString = commandFromString;
    function escapedata(s) {
      return s.replace(/%/g, "%AZP25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
    }
    function unescapedata(s) {
      return s.replace(/%0D/g, "\r").replace(/%0A/g, "\n").replace(/%AZP25/g, "%");
    }
    function escape(s) {
      return s.replace(/%/g, "%AZP25").replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/]/g, "%5D").replace(/;/g, "%3B");
    }
    function unescape(s) {
      return s.replace(/%0D/g, "\r").replace(/%0A/g, "\n").replace(/%5D/g, "]").replace(/%3B/g, ";").replace(/%AZP25/g, "%");
    }
  }
});

// src/hosts/pipelines/post.ts
var import_taskcommand = __toESM(require_taskcommand(), 1);

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

// src/hosts/pipelines/post.ts
async function main() {
  const { env } = process;
  const noted = readNotedFolders(env[`VSTS_TASKVARIABLE_${notedFoldersName.toUpperCase()}`]);
  const properties = {
    type: "warning",
    source: "CustomerScript",
    correlationId: env.COMMAND_CORRELATION_ID ?? ""
  };
  for (const problem of await removeNoted(noted)) {
    const command = new import_taskcommand.TaskCommand("task.issue", properties, safeText(problem, new Masks()));
    process.stdout.write(`${command.toString()}
`);
  }
}
void main();
