// (state, event) -> state.

import { equal, ok, test } from "./check.js";
import { initial, next, screenOf, roadOf, stageOf, missing, entryOf, thingsOf, rowAt, addressOf, oldIsUnknown, PAGE } from "/ui/state.js";
import { found, homes, providers, views } from "./examples.js";

const all = (...events) => events.reduce(next, initial);
const home = (name) => ({ type: "home", home: homes("en")[name] });
const list = { type: "providers", providers: providers("en") };
const card = { type: "card", card: homes("en").one.moves[0] };
const view = (name, at = 0) => ({ type: "view", view: views("en")[name], at });
const typed = (side, address) => [
  { type: "address", side, value: address },
  { type: "finding", side, ticket: 1 },
  { type: "found", side, ticket: 1, found: found("en", address, null) },
];

test("each view finds its screen", () => {
  const wanted = {
    looking: "check", counting: "check", ready: "check", older: "check", lacks: "check", unchecked: "check", backing: "backup", proving: "backup",
    moving: "move", paused: "move", still: "move", slowed: "move", password: "move", comparing: "verify", complete: "verify", problems: "verify",
    stopped: "verify", failed: "verify", backupDone: "backup", backupRuns: "backup", undoing: "move", undone: "verify", undoStopped: "verify",
  };
  for (const [name, screen] of Object.entries(wanted)) equal(screenOf(all(home("one"), card, view(name))), screen, name);
});

test("between check and start the check stays, and the road says whose turn it is", () => {
  const state = all(home("one"), card, view("ready"));
  equal(roadOf(state).map(({ state: at }) => at), ["done", "needs", "todo", "todo", "todo", "todo"].map((at, index) => (index === 1 ? "needs" : at)));
  equal(screenOf(next(state, { type: "busy", what: "start", at: 0 })), "backup");
});

test("a check asked for anew comes before an earlier result", () => {
  const state = all(home("one"), card, view("complete"), { type: "busy", what: "check", at: 0 }, view("ready"));
  equal(screenOf(state), "check");
  const again = next({ ...state, view: { ...state.view, result: views("en").complete.result } }, view("complete"));
  equal(screenOf(again), "check");
});

test("a move that stopped stands where it stopped", () => equal(stageOf(all(home("one"), card, view("stopped"))), "move"));

test("a move that was taken back stands before it was moved", () => equal(stageOf(all(home("one"), card, view("undone"))), "move"));

test("what an undo would do is told to the question that asked, and to no other", () => {
  const asked = all(home("one"), card, view("complete"), { type: "ask", kind: "undo" }, { type: "undo", undo: { ticket: 2 } });
  const counts = { removed: 3, kept: 0, gone: 0 };
  equal(next(asked, { type: "undoable", ticket: 1, part: { counts } }).undo, { ticket: 2 });
  equal(next(asked, { type: "undoable", ticket: 2, part: { counts } }).undo.counts, counts);
  const left = next(asked, { type: "answered" });
  equal(next(left, { type: "undoable", ticket: 2, part: { counts } }).undo, null);
});

test("a backup alone has no move on its road", () => equal(roadOf(all(home("one"), card, view("backupRuns"))).map(({ stage }) => stage), ["accounts", "check", "backup", "finish"]));

test("the demo opens with both cards filled, ready to sign in", () => {
  const state = all(home("demo"), list);
  equal(state.screen, "accounts");
  equal(missing(state), null);
  equal(entryOf(state, "old"), { address: "li.na@example.com", provider: null, settings: homes("en").demo.prefill.old.settings, password: null });
});

test("home again does not throw a person back into the demo", () => equal(all(home("demo"), { type: "leave" }, home("demo")).screen, "home"));

test("a stopped move waits for the person on the road", () => {
  const state = all(home("one"), card, view("stopped"));
  ok(roadOf(state).every(({ state: at }) => at !== "now") && roadOf(state).some(({ state: at }) => at === "needs"), JSON.stringify(roadOf(state)));
});

test("an address is taken as it was meant, and half of one is not asked for its provider", () => {
  const full = all(home("one"), list, { type: "door", kind: "move" }, { type: "address", side: "old", value: " ｗei＠company。cn " });
  equal([addressOf(full, "old"), entryOf(full, "old").address], ["wei@company.cn", "wei@company.cn"]);
  equal(missing(next(full, { type: "address", side: "old", value: "wei@company" })), ["address", "old"]);
});

test("what is missing is named in order", () => {
  let state = all(home("plain"), list, { type: "door", kind: "move" });
  equal(missing(state), ["address", "old"]);
  state = typed("old", "li.na@example.com").reduce(next, state);
  equal(missing(state), ["password", "old"]);
  state = next(state, { type: "password", side: "old", value: "x" });
  equal(missing(state), ["provider", "new"]);
  state = next(next(state, { type: "provider", side: "new", id: "aliyun" }), { type: "found", side: "new", ticket: 0, found: found("en", "li.na@example.com", "aliyun") });
  equal(missing(state), ["password", "new"]);
  equal(missing(next(state, { type: "password", side: "new", value: "y" })), null);
});

test("a fingerprint that was compared stays compared while the other side is tried", () => {
  const side = (fingerprint) => ({ ok: false, advice: null, fingerprint });
  const signed = (one, other) => [{ type: "signing", ticket: 1, at: 0 }, { type: "signed", ticket: 1, at: 0, signed: { move: null, old: side(one), new: side(other), remembered: true } }];
  const state = all(home("plain"), ...signed("aa", "bb"), { type: "checked", side: "new", on: true }, ...signed(null, "bb"));
  equal([state.new.checked, state.old.checked], [true, false]);
  equal(signed(null, "cc").reduce(next, state).new.checked, false, "another certificate");
});

test("an answer to an older search is not taken", () => {
  const state = all({ type: "address", side: "old", value: "a@b.cn" }, { type: "finding", side: "old", ticket: 2 }, { type: "found", side: "old", ticket: 1, found: found("en", "a@qq.com", null) });
  equal(state.old.found, null);
  ok(state.old.finding, "it still looks");
});

test("a public provider unticks the same address", () => {
  ok(!all(list, ...typed("old", "li@qq.com")).same, "same is still ticked");
  ok(all(list, ...typed("old", "li@example.com")).same, "same was unticked");
});

test("the chosen new provider equal to the one found asks who ran the old mailbox", () => {
  const state = [...typed("old", "li.na@example.com"), { type: "provider", side: "new", id: "exmail" }, { type: "found", side: "new", ticket: 0, found: found("en", "li.na@example.com", "exmail") }].reduce(next, all(list));
  ok(oldIsUnknown(state), "not asked");
  equal(missing(state), ["provider", "old"]);
  ok(!oldIsUnknown(next(state, { type: "provider", side: "old", id: "qq" })), "asked although chosen");
});

test("codes lose their spaces, chosen passwords keep them", () => {
  const filled = [...typed("old", "li.na@example.com"), { type: "password", side: "old", value: " ab cd " }].reduce(next, all(list));
  equal(entryOf(filled, "old").password, "abcd");
  const own = all(list, { type: "address", side: "old", value: "a@own.example" }, { type: "setting", side: "old", field: "host", value: "mx.own.example" }, { type: "password", side: "old", value: "a b" });
  equal(entryOf(own, "old").password, "a b");
});

const refused = (ticket, at) => [
  { type: "signing", ticket, at },
  { type: "signed", ticket, at, signed: { move: null, old: { ok: false, advice: { code: "sign_in_refused" }, fingerprint: null }, new: { ok: true, advice: null, fingerprint: null }, remembered: true } },
];

test("a second refusal opens the steps, a third waits a minute; the side that signed in stays so", () => {
  let state = all(home("demo"), list, ...refused(1, 0));
  equal([state.steps, state.new.ok, state.old.kept], [null, true, false]);
  state = [{ type: "password", side: "old", value: "x" }, ...refused(2, 10)].reduce(next, state);
  equal([state.steps, state.old.locked], ["old", 0]);
  state = refused(3, 1000).reduce(next, state);
  equal(missing(state), ["wait", "old"]);
  equal(missing(next(state, { type: "tick", at: 61_001 })), null);
  equal(state.new.password, "", "a proved password is not kept here");
});

test("a sign-in that was cancelled changes nothing", () => {
  const state = all(home("demo"), { type: "signing", ticket: 1, at: 0 }, { type: "unsign" });
  equal(next(state, refused(1, 0)[1]), state);
});

test("a time left is renewed every ten seconds at most", () => {
  const of = (left, phase = "move") => ({ ...views("en").moving, phase, progress: { ...views("en").moving.progress, left } });
  const at = (state, left, time, phase) => next(state, { type: "view", view: of(left, phase), at: time });
  let state = at(all(home("one"), card), [100, 200], 0);
  equal(at(state, [90, 180], 9_000).left.bounds, [100, 200]);
  equal(at(state, [90, 180], 10_000).left.bounds, [90, 180]);
  equal(at(state, [5, 9], 100, "verify").left.bounds, [5, 9]);
  equal(at(state, null, 100).left, null);
});

test("a view of another move is not taken", () => equal(next(all(home("one"), card), { ...view("moving"), view: { ...views("en").moving, move: "other" } }).view, null));

test("what Check asks", () => {
  const things = (name, ...events) => thingsOf(all(home("one"), card, view(name), ...events)).map(({ what }) => what);
  equal(things("ready"), []);
  equal(things("older"), ["older"]);
  equal(things("older", { type: "older", answer: "show" }), ["older"]);
  equal(things("older", { type: "older", answer: "none" }), []);
  equal(things("lacks"), ["lacks"]);
  equal(things("synced"), ["synced", "disk"]);
  equal(things("empty"), ["empty"]);
  equal(things("counting"), []);
});

test("of 200,000 problems only some pages are kept", () => {
  let state = all(home("one"), card, view("many"));
  for (let page = 0; page < 100; page += 1) state = next(state, { type: "rows", offset: page * PAGE, total: 200_000, rows: Array.from({ length: PAGE }, (_, index) => page * PAGE + index) });
  equal(Object.keys(state.list.pages).length, 20);
  equal(rowAt(state, 99 * PAGE + 7), 99 * PAGE + 7);
  equal(rowAt(state, 0), undefined);
});

test("an unknown event changes nothing", () => equal(next(initial, { type: "nobody" }), initial));
