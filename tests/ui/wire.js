// A wire without Rust: what `window.__TAURI__` gives, answered from the examples. Chosen by the page's address:
// ?home=NAME&view=NAME&lang=LANGUAGE&sign=ok|refused|certificate|slow. `window.wire` shows the calls and pushes views.

import { advice, found, homes, landmarks, providers, rows, views } from "./examples.js";

const asked = new URLSearchParams(location.search);
let language = asked.get("lang") ?? "zh-CN";
let channel = null;
let name = asked.get("view") ?? "moving";
const calls = [];
const push = (view) => channel?.onmessage?.(structuredClone(view));
const side = (ok, part) => ({ ok, advice: null, fingerprint: null, ...part });

const answers = {
  home: () => homes(language)[asked.get("home") ?? "plain"],
  set_language: (args) => void (language = args.language),
  providers: () => providers(language),
  find: ({ address, provider }) => new Promise((done) => setTimeout(() => done(found(language, address, provider)), 30)),
  sign_in({ new: target }) {
    const how = asked.get("sign") ?? "ok";
    if (how === "slow") return new Promise(() => {});
    if (how === "refused") return { move: null, old: side(false, { advice: advice.refused(language) }), new: target ? side(true) : null, remembered: true };
    if (how === "certificate") return { move: null, old: side(false, { advice: advice.certificate(language), fingerprint: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }), new: target ? side(true) : null, remembered: true };
    if (how === "fault") throw "the engine is not there";
    return { move: "m1", old: side(true), new: target ? side(true) : null, remembered: true };
  },
  watch({ channel: given }) {
    channel = given;
    push(views(language)[name]);
  },
  look_undo: () => ({ removed: 1985, kept: 12, gone: 3 }),
  choose_backup_place: () => ({ path: "/mnt/disk/backup", free: 90_000_000_000, synced: false }),
  landmarks: () => landmarks(language),
  save_message: () => "/home/lina/letter.eml",
  problems: ({ offset, limit }) => rows(language, views(language)[name].result?.problems + views(language)[name].result?.notices)(offset, limit),
};

window.__TAURI__ = {
  core: {
    Channel: class {
      onmessage = () => {};
    },
    async invoke(command, args) {
      calls.push([command, args]);
      return answers[command]?.(args ?? {});
    },
  },
  event: {
    listen(event, ask) {
      window.wire.closing = ask;
    },
  },
};
window.wire = {
  calls,
  show(next) {
    name = typeof next === "string" ? next : name;
    push(typeof next === "string" ? views(language)[next] : next);
  },
};
