// Back up: save, then read back; the move follows by itself. For Back up only this is also the result.

import { button, h, show, view } from "../dom.js";
import { advice, mainButton, progress, screen } from "./parts.js";
import { sign } from "../chart.js";
import { bar, count, folders, numbers, part, still } from "./running.js";
import { problems } from "./verify.js";
import { active, over } from "../state.js";

const ended = (s) => Boolean(s.view?.result && !active(s) && s.busy !== "start");
const whole = (s) => ended(s) && ["complete", "problems"].includes(s.view.result.verdict);
const saved = (s) => s.view.result.backup ?? s.view.result.counts.stored + s.view.result.counts.already;

export const backup = (act) =>
  view(() =>
    screen({
      name: "backup",
      mark: (s) => (ended(s) ? (whole(s) ? "done" : "wait") : "none"),
      title: (s, t) => (!ended(s) ? t.backup.title : whole(s) ? t.backup.complete(saved(s)) : t.backup.stopped),
      content: [
        show((s) => !ended(s), () =>
          h(
            "div",
            { class: "running" },
            count({ of: numbers("backup", "prove") }),
            h(
              "div",
              { class: "two-part" },
              progress({ label: (_, t) => t.backup.save, part: part("backup"), text: (s, t) => t.move.bar(...numbers("backup")(s)) }),
              progress({ label: (_, t) => t.backup.prove, part: part("prove"), text: (s, t) => t.move.bar(...numbers("prove")(s)) }),
            ),
            show((s) => s.kind === "move", () => h("p", { class: "quiet", text: (_, t) => t.backup.follows })),
            still(act),
            folders(),
          ),
        ),
        show(ended, () =>
          h(
            "div",
            { class: "result" },
            advice((s) => s.trouble, { press: act.resume, without: true }),
            advice((s) => s.view.result.advice, { without: true }),
            show((s) => !whole(s) && !s.view.result.advice, () => h("p", { class: "lead", text: (_, t) => t.move.still })),
            show(whole, () => h("p", { class: "lead", text: (s, t) => t.verify.took(saved(s), s.view.result.octets, s.view.result.seconds) })),
            show((s) => s.view.result.counts.failed > 0, () => h("p", { class: "found-line" }, sign("needs", "wait"), h("span", { text: (s, t) => t.backup.failed(s.view.result.counts.failed) }))),
            show((s) => s.view.place, () => h("p", { class: "place" }, sign("disk"), h("span", { class: "wrap", text: (s, t) => t.check.backup(s.view.place.path, null) }))),
            problems(act),
          ),
        ),
      ],
      helper: [
        show((s) => !ended(s), () => h("section", { class: "note" }, h("p", { text: (_, t) => t.move.lid }), h("p", { text: (_, t) => t.move.leave }), h("p", { class: "trust" }, sign("lock"), h("span", { text: (s, t) => t.trust(s.kind) })))),
      ],
      bar: [
        h("div", { class: "bar-part", hidden: ended }, bar(act)),
        show(ended, () =>
          h(
            "div",
            { class: "bar-part" },
            button({ class: "back", text: (_, t) => t.bar.home, on: { click: act.home } }),
            show((s) => !whole(s), () => mainButtonOnly(act)),
            show(whole, () => h("div", { class: "ends" }, button({ class: "second", hidden: over, text: (s, t) => t.finish.main(s.kind), on: { click: () => act.send({ type: "ask", kind: "finish" }) } }), button({ class: "main", text: (_, t) => t.backup.open, on: { click: act.openBackup } }))),
          ),
        ),
      ],
    }),
  );

const mainButtonOnly = (act) => h("div", { class: "ends" }, mainButton({ text: (_, t) => t.move.goOn, press: act.resume }));
