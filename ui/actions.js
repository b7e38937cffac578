// What a press does: asks Rust and tells the state what came of it. Views call these and nothing else.

import * as state from "./state.js";

const FIND_AFTER = 350; // ms of quiet typing before an address is looked up

/**
 * @param {typeof import("./ipc.js")} ipc
 * @param {() => any} now      the state
 * @param {(event: object) => void} send
 */
export function actions(ipc, now, send) {
  let unwatch = null;
  let ticket = 0;
  const timers = { old: 0, new: 0 };

  /** A rejected call carries an Advice, or it is a fault of ours. */
  const advice = (error) =>
    error && typeof error === "object" && error.what ? error : { code: "internal", what: null, meaning: null, todo: null, button: null, words: String(error?.message ?? error) };
  const attempt = async (call) => {
    try {
      return await call();
    } catch (error) {
      send({ type: "trouble", advice: advice(error) });
      return undefined;
    }
  };

  function follow(move) {
    unwatch?.();
    unwatch = move ? ipc.watch(move, (view) => send({ type: "view", view, at: Date.now() }), (error) => send({ type: "trouble", advice: advice(error) })) : null;
  }

  async function find(side) {
    const { same } = now();
    const typed = now()[side];
    const address = state.addressOf(now(), side);
    if (!state.ADDRESS.test(address) && !typed.provider) return;
    if (side === "new" && same && !typed.provider) return;
    const mine = (ticket += 1);
    send({ type: "finding", side, ticket: mine });
    let found = { provider: null, settings: null };
    try {
      found = await ipc.find(address, typed.provider);
    } catch {
      // Not found: the person chooses.
    }
    send({ type: "found", side, ticket: mine, found });
  }
  const later = (side) => {
    clearTimeout(timers[side]);
    timers[side] = setTimeout(() => find(side), FIND_AFTER);
  };

  const act = {
    send,

    async begin() {
      const home = await attempt(ipc.home);
      if (home) send({ type: "home", home });
      const providers = await attempt(ipc.providers);
      if (providers) send({ type: "providers", providers });
      ipc.onCloseAsked(() => send({ type: "ask", kind: "close" }));
    },
    language(language) {
      send({ type: "language", language });
      // Rust speaks the language too: providers and problems come anew.
      attempt(async () => {
        const said = await ipc.setLanguage(language);
        if (said) send({ type: "said", said });
        send({ type: "providers", providers: await ipc.providers() });
        if (now().screen === "home") send({ type: "home", home: await ipc.home() });
        if (now().move) follow(now().move);
        if (now().list.total) send({ type: "forget" });
      });
    },

    async home() {
      follow(null);
      send({ type: "leave" });
      const home = await attempt(ipc.home);
      if (home) send({ type: "home", home });
    },
    /** Home's cards follow what is under way, at a glance's pace. */
    async glance() {
      const home = await ipc.home().catch(() => null);
      if (home && now().screen === "home") send({ type: "home", home });
    },
    door: (kind) => send({ type: "door", kind }),
    card(card) {
      send({ type: "card", card });
      if (card.stage === "accounts") {
        find("old");
        find("new");
      } else act.open(card.move, card.stage === "check");
    },
    /** Follows a move; looks at both sides when there is nothing to show yet. */
    open(move, check) {
      follow(move);
      if (check) act.check();
    },
    accounts() {
      const typed = now().old.address;
      follow(null);
      send({ type: "accounts" });
      if (!typed) {
        find("old");
        find("new");
      }
    },

    address(side, value) {
      send({ type: "address", side, value });
      later(side);
      if (side === "old" && now().same && now().new.provider) later("new");
    },
    same: (on) => send({ type: "same", on }),
    provider(side, id) {
      send({ type: "provider", side, id });
      if (id !== "other") find(side);
    },

    async signIn() {
      const state_ = now();
      if (state_.signing || state.missing(state_)) return;
      const mine = (ticket += 1);
      send({ type: "signing", ticket: mine, at: Date.now() });
      const target = state_.kind === "backup" ? null : state.entryOf(state_, "new");
      const signed = await attempt(() => ipc.signIn(state_.kind, state.entryOf(state_, "old"), target));
      if (!signed || now().signing?.ticket !== mine) return;
      send({ type: "signed", ticket: mine, signed, at: Date.now() });
      if (signed.move) act.open(signed.move, true);
    },
    cancelSignIn: () => send({ type: "unsign" }),
    trust(side, fingerprint) {
      send({ type: "setting", side, field: "trust", value: fingerprint });
      act.signIn();
    },

    async check() {
      send({ type: "busy", what: "check", at: Date.now() });
      await attempt(() => ipc.check(now().move));
    },
    async place() {
      const place = await attempt(() => ipc.chooseBackupPlace(now().move));
      if (place) send({ type: "place", place });
    },
    async start(backup) {
      // Asked only where Check has found such mail.
      const asked = state.screenOf(now()) === "check" && now().view?.survey?.elsewhere.length > 0;
      const elsewhere = asked ? now().anyway : null;
      send({ type: "answered" });
      send({ type: "busy", what: "start", at: Date.now() });
      await attempt(() => ipc.start(now().move, backup, elsewhere));
    },
    /** Asks first: the dialog tells how much would be removed as soon as that is known. */
    async askUndo() {
      const mine = (ticket += 1);
      send({ type: "ask", kind: "undo" });
      send({ type: "undo", undo: { ticket: mine } });
      try {
        send({ type: "undoable", ticket: mine, part: { counts: await ipc.lookUndo(now().move) } });
      } catch (error) {
        send({ type: "undoable", ticket: mine, part: { advice: advice(error) } });
      }
    },
    /** The safe answer to any question. */
    answered() {
      const { asked, undo, move } = now();
      if (asked?.kind === "undo" && undo && !undo.counts && !undo.advice) attempt(() => ipc.stop(move));
      send({ type: "answered" });
    },
    async undo() {
      send({ type: "busy", what: "start", at: Date.now() });
      await attempt(() => ipc.undo(now().move));
    },
    async pause() {
      send({ type: "busy", what: "pause", at: Date.now() });
      await attempt(() => ipc.pause(now().move));
    },
    async resume(repair = false) {
      send({ type: "busy", what: "start", at: Date.now() });
      await attempt(() => ipc.resume(now().move, repair === true));
    },
    async stop() {
      send({ type: "answered" });
      send({ type: "busy", what: "stop", at: Date.now() });
      await attempt(() => ipc.stop(now().move));
    },
    async givePassword() {
      const { move, view, entered } = now();
      if (!view?.ask || !entered) return;
      send({ type: "enter", value: "" });
      await attempt(() => ipc.givePassword(move, view.ask.side, entered));
    },

    async rows(first, last) {
      for (let offset = Math.floor(first / state.PAGE) * state.PAGE; offset < last; offset += state.PAGE) {
        if (asked.has(offset)) continue;
        asked.add(offset);
        const page = await attempt(() => ipc.problems(now().move, offset, state.PAGE));
        asked.delete(offset);
        if (page) send({ type: "rows", offset, total: page.total, rows: page.rows });
        else return;
      }
    },
    async landmarks() {
      const { move } = now();
      // Asked for once.
      send({ type: "landmarks", move, landmarks: [] });
      const landmarks = await attempt(() => ipc.landmarks(move));
      if (landmarks) send({ type: "landmarks", move, landmarks });
    },
    async saveMessage(index) {
      try {
        const path = await ipc.saveMessage(now().move, index);
        if (path) send({ type: "saved", saved: { index, path } });
      } catch (error) {
        send({ type: "saved", saved: { index, advice: advice(error) } });
      }
    },
    openBackup: () => attempt(() => ipc.openBackup(now().move)),
    openMailbox: () => attempt(() => ipc.openMailbox(now().view.new.provider)),
    openLink: (provider) => attempt(() => ipc.openLink(provider)),
    async finish() {
      send({ type: "answered" });
      const { move } = now();
      if ((await attempt(() => ipc.finish(move).then(() => true))) === true) act.home();
    },
    quit: () => attempt(ipc.quit),

    /** What the one button of a problem does. */
    advised(button, side) {
      const { screen } = now();
      if (button === "choose_provider") send({ type: "tiles", side, open: true });
      else if (button === "open_steps") send({ type: "steps", side });
      else if (button === "enter_password" && screen === "accounts") document.querySelector(`[data-password=${side}]`)?.focus();
      else if (button === "trust") {
        send({ type: "unfold", side, open: true });
        requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector(`.side.${side} .trust-it input`)?.focus()));
      }
      else if (button === "change_place") act.place();
      else if (screen === "accounts" && state.missing(now())) document.querySelector(`[data-password=${side}]`)?.focus();
      else if (screen === "accounts") act.signIn();
      else if (button === "start_over" || state.screenOf(now()) === "check") act.check();
      else if (button === "enter_password") act.accounts();
      else act.resume();
    },
  };
  const asked = new Set();
  return act;
}
