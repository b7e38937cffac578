// The only file that knows Tauri. The types below are the wire: shell/wire.rs writes them, and one golden file
// with an example of each (tests/golden/wire.json, written by Rust) is read by the tests of this side.

/** @typedef {"zh-CN"|"en"} Language */
/** @typedef {"old"|"new"} Side */
/** @typedef {"accounts"|"check"|"backup"|"move"|"verify"|"finish"} StageName */

/**
 * What a person reads about a problem, already in the language of the window (crate `wording`).
 * @typedef {Object} Advice
 * @property {string} code     stable code
 * @property {string} what     what happened
 * @property {string} meaning  what it means for the mail
 * @property {string} todo     what to do
 * @property {"try_again"|"enter_password"|"choose_provider"|"open_steps"|"go_on"|"trust"|"change_place"|"start_over"|"repair"|null} button
 * @property {string|null} words  the server's own words: text only, folded
 */

/**
 * @typedef {Object} Provider
 * @property {string} id          "aliyun", "exmail", "qq", "163", "gmail", ..., "other"
 * @property {string} name        in the window's language
 * @property {boolean} public     addresses of its own domain (qq.com); false: companies' domains
 * @property {string} password    the provider's own word for the secret, in the window's language
 * @property {string[]} steps     how to get it, a line each; may be empty
 * @property {string|null} link   page to open for the steps
 * @property {boolean} web        its mail can be read in the browser
 */

/**
 * Server settings as the folded form shows them.
 * @typedef {Object} Settings
 * @property {string} host
 * @property {number} port
 * @property {"tls"|"starttls"|"plain"} security
 * @property {string} user
 * @property {string|null} trust      SHA-256 of the certificate the person chose to trust
 * @property {string|null} authority  path of a PEM file with an own authority; set by the demo only
 */

/**
 * @typedef {Object} Found
 * @property {Provider|null} provider
 * @property {Settings|null} settings  null: not found, the person chooses a provider or types a host
 */

/**
 * One side as typed.
 * @typedef {Object} Entry
 * @property {string} address
 * @property {string|null} provider   id
 * @property {Settings|null} settings null: found from address and provider
 * @property {string|null} password   null: the keychain's
 */

/**
 * What came of one side's sign-in.
 * @typedef {Object} SideState
 * @property {boolean} ok
 * @property {Advice|null} advice
 * @property {string|null} fingerprint  of a certificate that is not trusted, on an own server
 */

/**
 * @typedef {Object} SignedIn
 * @property {string|null} move   id, when all sides are ok
 * @property {SideState} old
 * @property {SideState|null} new
 * @property {boolean} remembered  false: no keychain, passwords last until quit
 */

/** @typedef {{side: Side, address: string, provider: string|null, host: string}} Mailbox */

/**
 * @typedef {Object} Card  a move on Home
 * @property {string} move
 * @property {"move"|"backup"} kind
 * @property {Mailbox} old
 * @property {Mailbox|null} new
 * @property {StageName} stage
 * @property {"now"|"needs"|"done"} state
 */

/**
 * @typedef {Object} Home
 * @property {Language} language
 * @property {boolean} keychain
 * @property {Card[]} moves
 * @property {{old: Entry, new: Entry}|null} prefill  the demo's accounts (passwords are in the keychain or given by it)
 * @property {Advice|null} advice   the record of moves can't be opened
 */

/** @typedef {{stage: StageName, state: "todo"|"now"|"needs"|"done"}} Stage */

/**
 * Messages. found = stored + already + skipped + failed + gone.
 * @typedef {{found:number, stored:number, already:number, skipped:number, failed:number, gone:number}} Counts
 */

/**
 * @typedef {Object} Progress
 * @property {number} done
 * @property {number} total
 * @property {number} octets_done
 * @property {number} octets_total
 * @property {number} pace            octets a second
 * @property {[number, number]|null} left  seconds, shortest and longest
 * @property {string|null} folder     at work
 * @property {{path: string, done: number, counts: Counts}[]} folders
 * @property {number} problems
 */

/**
 * @typedef {Object} Survey
 * @property {number} messages
 * @property {number} octets
 * @property {number|null} room
 * @property {boolean} fits
 * @property {[number, number]|null} estimate  seconds
 * @property {number} already
 * @property {{place: string, messages: number}[]} elsewhere  of `already`: in other folders of the new mailbox
 * @property {number} too_large
 * @property {number|null} oldest     ms since 1970
 * @property {string[]|null} hidden   not null: the old provider may hide mail; the steps that show it all, a line each
 * @property {{source: string, target: string|null, counts: Counts}[]} folders
 */

/** @typedef {{path: string, free: number|null, synced: boolean}} BackupPlace  free: octets */

/**
 * Of the last run that was started (of a check there is none: it has `survey`, or `advice`).
 * @typedef {Object} Result
 * @property {"complete"|"problems"|"stopped"|"failed"} verdict
 * @property {Counts} counts
 * @property {number} octets
 * @property {number} seconds
 * @property {number|null} backup     messages proved in the backup
 * @property {{old: number, backup: number|null, new: number, explained: number}|null} equation
 * @property {number} problems        entries of level problem; notices aside
 * @property {number} notices
 * @property {boolean} undone         it took the move back: `stored` were removed, `already` are kept
 * @property {Advice|null} advice     why it stopped or failed
 */

/** @typedef {{removed: number, kept: number, gone: number}} Undoable  what an undo would do */

/**
 * What a person knows a message by; text of one bounded line.
 * @typedef {{subject: string|null, from: string|null, date: number|null}} Heading  date: ms since 1970
 */

/**
 * A message by which a person sees that all have arrived; `folder`: in the new mailbox.
 * @typedef {{which: "oldest"|"newest"|"largest", folder: string, octets: number, heading: Heading}} Landmark
 */

/**
 * One line of the list of problems.
 * @typedef {Object} ProblemRow
 * @property {string} code
 * @property {"problem"|"notice"} level
 * @property {string|null} folder
 * @property {string|null} uid
 * @property {string|null} detail
 * @property {Heading|null} heading  not null: the backup holds this message
 * @property {Advice} advice
 */

/**
 * All that a screen shows of one move: whole, at most ten a second.
 * @typedef {Object} View
 * @property {string} move
 * @property {"move"|"backup"} kind
 * @property {Mailbox} old
 * @property {Mailbox|null} new
 * @property {Stage[]} stages
 * @property {boolean} running
 * @property {boolean} paused
 * @property {boolean} undoing         what runs takes the move back
 * @property {"idle"|"connecting"|"survey"|"backup"|"prove"|"move"|"verify"|"undo"|"done"} phase
 * @property {Progress} progress
 * @property {{code: string, side: Side|null, until: number|null, advice: Advice}|null} waiting  until: ms from now
 * @property {{side: Side, reason: "first"|"refused"|"expired", advice: Advice}|null} ask  a password is needed
 * @property {Survey|null} survey
 * @property {BackupPlace|null} place
 * @property {Result|null} result
 * @property {Advice|null} advice   why the last check or run could not start
 */

const tauri = window.__TAURI__?.core;

/**
 * A call that is refused throws an Advice; anything else thrown is a fault of ours.
 * @param {string} command @param {object} [args]
 */
function call(command, args) {
  return tauri.invoke(command, args);
}

export const home = () => /** @type {Promise<Home>} */ (call("home"));
/** Gives what the last sign-in refused, in the new language. */
export const setLanguage = (/** @type {Language} */ language) =>
  /** @type {Promise<{old: Advice|null, new: Advice|null}>} */ (call("set_language", { language }));
export const providers = () => /** @type {Promise<Provider[]>} */ (call("providers"));
/** Servers for an address; `provider` when the person chose one. */
export const find = (/** @type {string} */ address, /** @type {string|null} */ provider) =>
  /** @type {Promise<Found>} */ (call("find", { address, provider }));
/** Signs in to one or both sides; a side that signed in before and is unchanged is not tried again. `kind` as in View. */
export const signIn = (/** @type {"move"|"backup"} */ kind, /** @type {Entry} */ oldEntry, /** @type {Entry|null} */ newEntry) =>
  /** @type {Promise<SignedIn>} */ (call("sign_in", { kind, old: oldEntry, new: newEntry }));
/** Starts the check of a move; its progress and result come through watch. */
export const check = (/** @type {string} */ move) => call("check", { move });
/** Opens the system's dialog; the new place, or null when cancelled. */
export const chooseBackupPlace = (/** @type {string} */ move) =>
  /** @type {Promise<BackupPlace|null>} */ (call("choose_backup_place", { move }));
/**
 * Back up, proof, move and verify in a row. `backup` false: without a local copy (after the person confirmed).
 * `elsewhere`: what lies in other folders of the new mailbox already is moved all the same; null: as answered before.
 */
export const start = (/** @type {string} */ move, /** @type {boolean} */ backup, /** @type {boolean|null} */ elsewhere) =>
  call("start", { move, backup, elsewhere });
/** Looks how much of a move can be taken back; `stop` ends the look. */
export const lookUndo = (/** @type {string} */ move) => /** @type {Promise<Undoable>} */ (call("look_undo", { move }));
/** Takes the move back; its progress and result come through watch. */
export const undo = (/** @type {string} */ move) => call("undo", { move });
export const pause = (/** @type {string} */ move) => call("pause", { move });
/**
 * Goes on after pause, stop, a full disk or mailbox; tries at once when it waits for a server. `repair`: the person
 * consents to small repairs of what was refused.
 */
export const resume = (/** @type {string} */ move, repair = false) => call("resume", { move, repair });
export const stop = (/** @type {string} */ move) => call("stop", { move });
export const givePassword = (/** @type {string} */ move, /** @type {Side} */ side, /** @type {string} */ password) =>
  call("give_password", { move, side, password });
export const problems = (/** @type {string} */ move, /** @type {number} */ offset, /** @type {number} */ limit) =>
  /** @type {Promise<{total: number, rows: ProblemRow[]}>} */ (call("problems", { move, offset, limit }));
/** Of the last result; none where the move made no backup. */
export const landmarks = (/** @type {string} */ move) => /** @type {Promise<Landmark[]>} */ (call("landmarks", { move }));
/** Opens the system's dialog and saves the message of a row from the backup; the new file, or null when cancelled. */
export const saveMessage = (/** @type {string} */ move, /** @type {number} */ row) =>
  /** @type {Promise<string|null>} */ (call("save_message", { move, row }));
export const openBackup = (/** @type {string} */ move) => call("open_backup", { move });
/** The page where this provider's mail is read. */
export const openMailbox = (/** @type {string} */ provider) => call("open_mailbox", { provider });
export const openLink = (/** @type {string} */ provider) => call("open_link", { provider });
/** Ends a move: deletes its passwords here, keeps the backup. */
export const finish = (/** @type {string} */ move) => call("finish", { move });
/** Quits after a pause. */
export const quit = () => call("quit");

/**
 * Calls `show` with the latest View, at once and whenever it changed, until the returned function is called.
 * @param {string} move @param {(view: View) => void} show @param {(error: any) => void} fail
 */
export function watch(move, show, fail) {
  const channel = new tauri.Channel();
  let latest = null;
  let live = true;
  channel.onmessage = (view) => {
    const waiting = latest !== null;
    latest = view;
    if (!waiting) requestAnimationFrame(() => { const now = latest; latest = null; if (live) show(now); });
  };
  call("watch", { move, channel }).catch(fail);
  return () => { live = false; call("unwatch", { move }); };
}

/** The window asks before it closes while a move runs. @param {() => void} ask */
export function onCloseAsked(ask) {
  window.__TAURI__.event.listen("close-asked", ask);
}
