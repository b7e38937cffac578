// The entry: one state, one loop that draws it.

import * as ipc from "./ipc.js";
import { initial, next } from "./state.js";
import { actions } from "./actions.js";
import { frame } from "./views/frame.js";
import en from "./words/en.js";
import zh from "./words/zh-CN.js";

const words = { en, "zh-CN": zh };
let state = { ...initial, language: navigator.language.startsWith("zh") ? "zh-CN" : "en", now: Date.now() };
let asked = false;

function send(event) {
  state = next(state, event);
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
}

const act = actions(ipc, () => state, send);
const window_ = frame(act);
const draw = () => window_.update(state, words[state.language]);

document.body.append(window_.root);
draw();
act.begin();
// Only a countdown, a long wait or Home's cards need the time.
let seconds = 0;
setInterval(() => {
  seconds += 1;
  if (seconds % 5 === 0 && state.screen === "home" && state.moves.some((card) => card.state === "now")) act.glance();
  const waits = state.until || state.signing || state.busy || state.view?.running || state.old.locked > state.now || state.new.locked > state.now;
  if (waits) send({ type: "tick", at: Date.now() });
}, 1000);
