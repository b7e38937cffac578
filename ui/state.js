// (state, event) -> state, pure. It keeps what a person typed and what Rust last said; it decides nothing that Rust
// decided. Times are milliseconds given by the events.

/** @typedef {import("./ipc.js").Side} Side */

const ROAD = { move: ["accounts", "check", "backup", "move", "verify", "finish"], backup: ["accounts", "check", "backup", "finish"] };
export const PAGE = 100; // rows of problems asked for at once
const PAGES = 20; // pages kept
const CALM = 10_000; // a time left is renewed no oftener
const LOCK = 60_000; // pause after the third refusal

/** An address that a provider can be found for. */
export const ADDRESS = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/;
/** As it was meant: a Chinese keyboard types full-width signs. */
const meant = (address) => address.replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0)).replace(/。/g, ".");

const side = () => ({
  address: "",
  provider: null, // chosen by the person
  found: null, // what Rust found: Found
  ticket: 0, // of the latest search
  finding: false,
  tiles: false, // the choice of providers is open
  settings: null, // typed by the person, or given by the demo
  unfolded: false, // server settings
  password: "",
  kept: false, // the keychain has it
  seen: false, // the password is shown
  ok: false, // signed in
  advice: null,
  fingerprint: null,
  checked: false, // fingerprint compared with the admin
  refused: 0,
  locked: 0, // until
});

export const initial = {
  language: "zh-CN",
  keychain: true,
  ready: false,
  screen: "home", // home, accounts, move
  kind: "move",
  moves: [],
  recordAdvice: null,
  providers: [],
  old: side(),
  new: side(),
  same: true,
  steps: null, // the side whose steps stand in the helper column
  signing: null, // {ticket, since}
  move: null,
  expected: "check", // the stage to show before the first View
  view: null,
  since: 0, // when this phase began to be shown
  left: null, // {bounds, at, phase}
  until: null, // when a wait ends
  older: null, // the answer to the question about hidden mail: "none", "show"
  anyway: false, // mail that lies in other folders of the new mailbox is moved all the same
  entered: "", // a password given again in the middle of a move
  enteredSeen: false,
  onward: false, // the person went on from the result to the end
  asked: null, // the dialog: {kind}
  undo: null, // what the look at an undo found: {ticket, counts, advice}, the last two when they are known
  list: { total: 0, pages: {}, open: null, saved: null, landmarks: null }, // saved: {index, path} or {index, advice}, of the row saved last
  trouble: null, // an Advice: a call that failed
  busy: null, // the call under way: "start", "pause", "stop", "check"
  started: false, // the run at work was started here, not only a check
  looked: false, // a check was asked for here: what it finds comes before the result of an earlier run
  now: 0,
};

const change = (state, name, part) => ({ ...state, [name]: { ...state[name], ...part } });
/** What was proved or refused holds only for what was typed then. */
const retyped = (state, name, part) => ({ ...change(state, name, { ok: false, advice: null, fingerprint: null, ...part }), steps: state.steps });

const EVENTS = {
  home(state, { home }) {
    const first = !state.ready;
    const next = {
      ...state,
      ready: true,
      language: home.language,
      keychain: home.keychain,
      moves: home.moves,
      recordAdvice: home.advice,
    };
    return first && home.prefill ? { ...prefilled(next, home.prefill), screen: "accounts" } : next;
  },
  providers: (state, { providers }) => ({ ...state, providers }),
  language: (state, { language }) => ({ ...state, language }),
  /** The same refusals in another language. */
  said: (state, { said }) =>
    ["old", "new"].reduce((next, name) => (next[name].advice && said[name] ? change(next, name, { advice: said[name] }) : next), state),

  door: (state, { kind }) => ({ ...left(state), screen: "accounts", kind, old: side(), new: side(), same: true, steps: null }),
  card(state, { card }) {
    const next = { ...left(state), kind: card.kind };
    if (card.stage !== "accounts") return { ...next, screen: "move", move: card.move, expected: card.stage };
    return known({ ...next, screen: "accounts" }, card);
  },
  leave: (state) => ({ ...left(state), screen: "home" }),
  accounts(state) {
    const next = { ...left(state), screen: "accounts" };
    // Opened from Home: the cards are filled with what the move knows.
    return state.view && !state.old.address ? known(next, state.view) : next;
  },

  address(state, { side: name, value }) {
    const kept = state[name].kept && value === state[name].address;
    return retyped(state, name, { address: value, found: null, provider: null, settings: null, kept, tiles: false, refused: 0, locked: 0 });
  },
  same(state, { on }) {
    const fresh = { ...side(), address: "" };
    return { ...state, same: on, new: fresh };
  },
  tiles: (state, { side: name, open }) => change(state, name, { tiles: open }),
  provider: (state, { side: name, id }) =>
    retyped(state, name, { provider: id, settings: null, tiles: false, unfolded: id === "other", found: null, refused: 0, locked: 0 }),
  finding: (state, { side: name, ticket }) => change(state, name, { ticket, finding: true }),
  found(state, { side: name, ticket, found }) {
    if (state[name].ticket !== ticket) return state;
    const next = change(state, name, { finding: false, found });
    if (name === "old" && found?.provider?.public && !next.old.provider && next.same && !next.new.provider && !next.new.settings) {
      return { ...next, same: false };
    }
    return next;
  },
  // What came of the last try stays to be read while it is typed anew.
  password: (state, { side: name, value }) => change(state, name, { ok: false, password: value }),
  eye: (state, { side: name }) => change(state, name, { seen: !state[name].seen }),
  setting: (state, { side: name, field, value }) =>
    retyped(state, name, { settings: { ...settingsOf(state, name), [field]: value }, unfolded: true }),
  unfold: (state, { side: name, open }) => (state[name].unfolded === open ? state : change(state, name, { unfolded: open })),
  checked: (state, { side: name, on }) => change(state, name, { checked: on }),
  reopen: (state, { side: name }) => change(state, name, { ok: false }),
  steps: (state, { side: name }) => ({ ...state, steps: name }),

  signing: (state, { ticket, at }) => ({ ...state, signing: { ticket, since: at }, trouble: null, now: at }),
  unsign: (state) => ({ ...state, signing: null }),
  signed(state, { ticket, signed, at }) {
    if (state.signing?.ticket !== ticket) return state;
    let next = { ...state, signing: null, now: at, keychain: state.keychain && signed.remembered };
    for (const name of ["old", "new"]) {
      const result = signed[name];
      if (!result) continue;
      const before = next[name];
      const refused = result.advice?.code === "sign_in_refused" ? before.refused + 1 : 0;
      next = change(next, name, {
        ok: result.ok,
        advice: result.advice,
        fingerprint: result.fingerprint,
        // The person may have ticked it while the other side was tried.
        checked: before.checked && before.fingerprint === result.fingerprint,
        refused,
        locked: refused >= 3 ? at + LOCK : 0,
        unfolded: before.unfolded || Boolean(result.fingerprint),
        tiles: result.advice?.button === "choose_provider",
        password: result.ok ? "" : before.password,
        kept: result.ok || (before.kept && refused === 0),
        seen: before.seen && !result.ok,
      });
      if (refused >= 2) next = { ...next, steps: name };
    }
    return signed.move ? { ...left(next), kind: state.kind, screen: "move", move: signed.move, expected: "check", old: next.old, new: next.new } : next;
  },

  view(state, { view, at }) {
    if (view.move !== state.move) return state;
    const waits = state.busy === "start" && !view.running && !view.result && !view.advice;
    const same = state.view?.phase === view.phase && state.view?.running === view.running;
    return {
      ...state,
      view,
      kind: view.kind,
      now: Math.max(state.now, at),
      since: same ? state.since : at,
      left: calm(state.left, view, at),
      until: view.waiting?.until != null ? at + view.waiting.until : null,
      entered: view.ask ? state.entered : "",
      onward: state.onward && !view.running,
      older: view.running ? null : state.older,
      busy: waits || (state.busy === "pause" && view.running && !view.paused) ? state.busy : null,
      list: view.result && !view.running ? state.list : initial.list,
    };
  },
  busy: (state, { what, at }) => ({ ...state, busy: what, started: state.started || what === "start", looked: what === "check" || (state.looked && what !== "start"), trouble: null, since: at, now: at }),
  older: (state, { answer }) => ({ ...state, older: answer }),
  anyway: (state, { on }) => ({ ...state, anyway: on }),
  place: (state, { place }) => (state.view ? { ...state, view: { ...state.view, place } } : state),
  enter: (state, { value }) => ({ ...state, entered: value }),
  enterEye: (state) => ({ ...state, enteredSeen: !state.enteredSeen }),
  onward: (state, { on }) => ({ ...state, onward: on }),
  rows(state, { offset, total, rows }) {
    const pages = { ...state.list.pages, [offset / PAGE]: rows };
    const far = Object.keys(pages).sort((a, b) => Math.abs(b - offset / PAGE) - Math.abs(a - offset / PAGE));
    for (const page of far.slice(0, Math.max(far.length - PAGES, 0))) delete pages[page];
    return { ...state, list: { ...state.list, total, pages } };
  },
  row: (state, { index }) => change(state, "list", { open: state.list.open === index ? null : index }),

  landmarks: (state, { move, landmarks }) => (move === state.move ? change(state, "list", { landmarks }) : state),

  saved: (state, { saved }) => change(state, "list", { saved }),

  /** Rows in another language come anew. */
  forget: (state) => change(state, "list", { pages: {} }),

  ask: (state, { kind }) => ({ ...state, asked: { kind } }),
  answered: (state) => ({ ...state, asked: null, undo: null }),
  undo: (state, { undo }) => ({ ...state, undo }),
  undoable: (state, { ticket, part }) => (state.undo?.ticket === ticket ? change(state, "undo", part) : state),
  trouble: (state, { advice }) => ({ ...state, trouble: advice, busy: null, signing: null }),
  tick: (state, { at }) => ({ ...state, now: at }),
};

export function next(state, event) {
  const step = EVENTS[event.type];
  return step ? step(state, event) : state;
}

/** The state without the move that was open. */
const left = (state) => ({
  ...state,
  move: null,
  view: null,
  left: null,
  until: null,
  older: null,
  anyway: false,
  entered: "",
  enteredSeen: false,
  onward: false,
  asked: null,
  undo: null,
  list: initial.list,
  trouble: null,
  busy: null,
  started: false,
  looked: false,
  steps: null,
});

/** The cards filled with the two mailboxes of a move; their passwords may still be in the keychain. */
function known(state, { old, new: target }) {
  const card = (box) => ({ ...side(), address: box?.address ?? "", provider: box?.provider ?? null, kept: Boolean(box) });
  return { ...state, old: card(old), new: card(target), same: !target || target.address === old.address };
}

function prefilled(state, { old, new: target }) {
  const filled = (entry) => ({ ...side(), ...entry, password: entry.password ?? "", kept: entry.password === null });
  return { ...state, kind: "move", old: filled(old), new: filled(target), same: old.address === target.address };
}

/** A time left is renewed every 10 seconds at most, so that it can be read. */
function calm(before, view, at) {
  const bounds = view.progress?.left ?? null;
  if (!bounds) return null;
  if (before && before.phase === view.phase && at - before.at < CALM) return before;
  return { bounds, at, phase: view.phase };
}

// What the screens ask of a state.

/** A run is at work, or holds still in the middle. */
export const active = ({ view }) => Boolean(view && (view.running || view.paused));

/** The person has ended it. */
export const over = ({ view }) => Boolean(view?.stages.some(({ stage, state }) => stage === "finish" && state === "done"));

/** The screen to show. Rust says which stage is open; this only finds it. */
export function screenOf(state) {
  if (state.screen !== "move") return state.screen;
  const { view } = state;
  if (!view) return state.expected === "accounts" ? "check" : state.expected;
  if (state.looked && !active(state)) return "check";
  if (view.result && !active(state)) return state.onward ? "finish" : view.kind === "backup" ? "backup" : "verify";
  const open = view.stages.find(({ state: at }) => at === "now" || at === "needs") ?? view.stages.findLast(({ state: at }) => at === "done");
  const stage = open?.stage ?? "check";
  // Between the check and the start it is the person's turn: what the check found stays on the screen.
  if (stage === "accounts" || (stage === "backup" && !active(state) && state.busy !== "start")) return "check";
  // A run looks at both sides again before it goes on; that is part of its first stage.
  if (stage === "check" && state.started && active(state)) return "backup";
  return stage;
}

/** Nothing is at work: it is the person's turn. */
const ended = ({ view, busy }) => Boolean(view?.result && !active({ view }) && busy !== "start");
/** It came to a stop before its end. */
const unfinished = (state) => ended(state) && ["stopped", "failed"].includes(state.view.result.verdict);

/** The stage that the screen belongs to: a move that stopped stands where it stopped. */
export function stageOf(state) {
  const screen = screenOf(state);
  const { view } = state;
  if (screen === "verify" && (unfinished(state) || (ended(state) && view.result.undone))) return view.stages.find(({ state: at }) => at === "now" || at === "needs")?.stage ?? screen;
  return screen;
}

/** The stages of the road, with the state of each. */
export function roadOf(state) {
  const road = ROAD[state.kind];
  const screen = screenOf(state);
  if (!state.view || screen === "accounts") {
    const here = state.screen === "accounts" ? "accounts" : state.expected;
    return road.map((stage, index) => ({ stage, state: stage === here ? "now" : index < road.indexOf(here) ? "done" : "todo" }));
  }
  return state.view.stages
    .filter(({ stage }) => road.includes(stage))
    .map(({ stage, state: at }) => {
      if (screen !== "check" && at === "now" && ended(state)) return { stage, state: "needs" };
      if (screen !== "check" || at === "done") return { stage, state: at };
      if (stage === "check") return { stage, state: active(state) ? "now" : "needs" };
      return { stage, state: "todo" };
    })
    .map((step) => (screen === "check" && step.stage === "check" && !active(state) ? { ...step, state: "needs" } : step));
}

export const providerOf = (state, name) => {
  const typed = state[name];
  return state.providers.find(({ id }) => id === typed.provider) ?? typed.found?.provider ?? null;
};

/** The settings to show: typed, or found. */
export function settingsOf(state, name) {
  const typed = state[name];
  return typed.settings ?? typed.found?.settings ?? { host: "", port: 993, security: "tls", user: addressOf(state, name), trust: null, authority: null };
}

export const addressOf = (state, name) => meant((name === "new" && state.same ? state.old.address : state[name].address).trim());

/** One address found the provider that was chosen as the new one: then who ran the old mailbox? */
export const oldIsUnknown = (state) =>
  state.kind === "move" &&
  !state.old.provider &&
  !state.old.settings &&
  addressOf(state, "old") === addressOf(state, "new") &&
  Boolean(state.old.found?.provider) &&
  state.old.found.provider.id !== "other" &&
  state.old.found.provider.id === providerOf(state, "new")?.id;

export const sidesOf = (state) => (state.kind === "backup" ? ["old"] : ["old", "new"]);

/** What is missing before sign-in: [what, side], or null. `wait` while a refused password must rest. */
export function missing(state) {
  for (const name of sidesOf(state)) {
    const typed = state[name];
    if (typed.ok) continue;
    if (!ADDRESS.test(addressOf(state, name)) && !typed.settings?.user) return ["address", name];
    if (typed.finding) return ["finding", name];
    if ((name === "old" && oldIsUnknown(state)) || (name === "new" && state.same && !typed.provider && !typed.settings && !typed.found?.settings)) return ["provider", name];
    if (typed.unfolded || typed.settings || typed.provider === "other") {
      if (!settingsOf(state, name).host || !settingsOf(state, name).port) return ["host", name];
    } else if (!typed.found?.settings) return ["provider", name];
    if (!typed.password && !typed.kept) return ["password", name];
    if (typed.locked > state.now) return ["wait", name];
  }
  return null;
}

/** One side as the wire wants it. */
export function entryOf(state, name) {
  const typed = state[name];
  const code = !providerOf(state, name)?.public && !isCode(state, name) ? typed.password : typed.password.replace(/\s+/g, "");
  return { address: addressOf(state, name), provider: typed.provider, settings: typed.settings, password: code || null };
}

/** Codes made by a provider hold no spaces; a password chosen by a person may. */
export const isCode = (state, name) => {
  const word = providerOf(state, name)?.password ?? "";
  return word !== "" && word !== "密码" && word.toLowerCase() !== "password";
};

/** The row of the list of problems; undefined while its page is not here, null when its page came without it. */
export function rowAt(state, index) {
  const page = state.list.pages[Math.floor(index / PAGE)];
  return page && (page[index % PAGE] ?? null);
}

/** What Check puts before a person: a list of questions and obstacles, in order. */
export function thingsOf(state) {
  const { view } = state;
  const survey = view?.survey;
  if (!survey || view.running) return [];
  const things = [];
  if (survey.messages === 0) things.push({ what: "empty" });
  if (survey.hidden && survey.messages > 0 && state.older !== "none") things.push({ what: "older" });
  if (!survey.fits && view.kind === "move") things.push({ what: "lacks", octets: survey.room === null ? 0 : Math.max(survey.octets - survey.room, 0) });
  for (const folder of survey.folders) if (folder.counts.failed > 0) things.push({ what: "unopened", folder: folder.source });
  if (view.place?.synced) things.push({ what: "synced" });
  if (view.place?.free != null && view.place.free < survey.octets) things.push({ what: "disk", octets: survey.octets - view.place.free });
  return things;
}
