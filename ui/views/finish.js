// Finish: what to do with the two mailboxes now, a last catch-up, and the end of the move.

import { button, h, show, view } from "../dom.js";
import { sign } from "../chart.js";
import { advice, screen } from "./parts.js";
import { over } from "../state.js";

const sameAddress = (s) => s.view?.old.address === s.view?.new?.address;

export const finish = (act) =>
  view(() =>
    screen({
      name: "finish",
      title: (s, t) => (over(s) ? t.finish.done(s.kind) : t.finish.title),
      content: [
        advice((s) => s.trouble, { without: true }),
        show(over, () => h("p", { class: "lead", text: (_, t) => t.finish.doneText })),
        show((s) => !over(s), () =>
          h(
            "div",
            { class: "ending" },
            show((s) => s.kind === "move", () => h("p", { class: "lead", text: (s, t) => (sameAddress(s) ? t.finish.keepOld : t.finish.tell) })),
            h("p", { class: "found-line" }, sign("needs", "wait"), h("span", { text: (_, t) => t.finish.keep })),
            show((s) => s.kind === "move", () => h("p", { text: (_, t) => t.finish.catchUpHint })),
          ),
        ),
        show((s) => s.view?.place && (s.view.result?.backup ?? null) !== null, () =>
          h("div", { class: "card offer" }, h("p", {}, h("span", { class: "strong", text: (_, t) => t.finish.backup }), h("br"), h("span", { class: "quiet wrap", text: (s) => s.view.place.path })), button({ class: "second", text: (_, t) => t.finish.openBackup, on: { click: act.openBackup } })),
        ),
      ],
      bar: [
        show((s) => s.onward, () => button({ class: "back", text: (_, t) => t.bar.back, on: { click: () => act.send({ type: "onward", on: false }) } })),
        show((s) => !s.onward, () => button({ class: "back", text: (_, t) => t.bar.home, on: { click: act.home } })),
        h(
          "div",
          { class: "ends" },
          show(over, () => button({ class: "main", text: (_, t) => t.finish.home, on: { click: act.home } })),
          show((s) => !over(s), () => button({ class: (s) => (s.kind === "move" ? "second" : "main"), text: (s, t) => t.finish.main(s.kind), on: { click: () => act.send({ type: "ask", kind: "finish" }) } })),
          // Until the old mailbox is closed there is more to come; the end of a move takes its passwords away.
          show((s) => !over(s) && s.kind === "move", () => button({ class: "main", text: (_, t) => t.finish.catchUp, on: { click: () => act.start(true) } })),
        ),
      ],
    }),
  );
