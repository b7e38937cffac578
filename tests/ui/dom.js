// Bindings and lists.

import { equal, frames, ok, test } from "./check.js";
import { h, show, view } from "/ui/dom.js";
import { inSight, list, virtual } from "/ui/list.js";

const mount = (made) => document.body.append(made.root);

/** How many nodes changed while `act` ran. */
async function touched(root, act) {
  let count = 0;
  const watch = new MutationObserver((records) => (count += records.length));
  watch.observe(root, { attributes: true, childList: true, characterData: true, subtree: true });
  act();
  await frames();
  watch.disconnect();
  return count;
}

test("a node is touched only when its value changed", async () => {
  const made = view(() => h("p", { class: (s) => s.look }, h("b", { text: (s) => s.name }), (s) => s.tail));
  mount(made);
  made.update({ look: "x", name: "one", tail: "t" });
  equal(made.root.outerHTML, '<p class="x"><b>one</b>t</p>');
  equal(await touched(made.root, () => made.update({ look: "x", name: "one", tail: "t" })), 0);
  equal(await touched(made.root, () => made.update({ look: "x", name: "two", tail: "t" })), 1);
});

test("text is text", () => {
  const made = view(() => h("p", { text: (s) => s }));
  made.update("<img src=x onerror=alert(1)>");
  equal(made.root.childElementCount, 0);
});

test("a hidden part is not brought up to date", () => {
  const made = view(() => h("div", {}, show((s) => s.box, () => h("p", { text: (s) => s.box.name }))));
  made.update({ box: null });
  ok(made.root.firstChild.hidden, "visible");
  made.update({ box: { name: "a" } });
  equal([made.root.firstChild.hidden, made.root.textContent], [false, "a"]);
  made.update({ box: null });
  ok(made.root.firstChild.hidden, "visible again");
});

test("typing keeps its place", () => {
  const made = view(() => h("input", { value: (s) => s }));
  mount(made);
  made.update("hello");
  made.root.focus();
  made.root.setSelectionRange(2, 2);
  made.update("hello");
  equal([made.root.selectionStart, document.activeElement === made.root], [2, true]);
});

test("a list moves its rows and keeps the focus", async () => {
  const made = view(() => h("div", {}, list({ rows: (s) => s, key: (row) => row, row: () => h("li", {}, h("button", { text: (row) => row })) })));
  mount(made);
  made.update(["a", "b", "c"]);
  const b = [...made.root.querySelectorAll("button")][1];
  b.focus();
  made.update(["b", "c"]);
  equal([made.root.textContent, document.activeElement === b], ["bc", true]);
  equal(await touched(made.root, () => made.update(["b", "c"])), 0);
  made.update(["c", "b", "d"]);
  equal(made.root.textContent, "cbd");
});

test("rows in sight, with one open", () => {
  equal(inSight(0, 400, 40, 200_000, null, 0), [0, 17]);
  equal(inSight(4_000_000, 400, 40, 200_000, null, 0), [99_994, 100_017]);
  equal(inSight(7_999_600, 400, 40, 200_000, null, 0), [199_984, 200_000]);
  // Row 2 is 300 taller: at 500 it is still row 5's turn, not row 12's.
  equal(inSight(500, 40, 40, 100, 2, 300)[0], 0);
  equal(inSight(4300, 40, 40, 1000, 2, 300), [94, 108]);
});

const long = (options = {}) => {
  let asked = [];
  const made = view(() =>
    h("div", {}, virtual({ height: 40, count: (s) => s.count, at: (s, index) => (s.missing ? undefined : { name: `row ${index}` }), open: (s) => s.open ?? null, need: (...range) => asked.push(range), row: () => h("div", { class: "row" }, h("button", { "data-row": "", text: (r) => r.item?.name ?? "…" }), show((r) => r.open, () => h("p", { class: "tall", text: "open", "--tall": "1" }))), ...options })),
  );
  mount(made);
  made.root.firstChild.style.setProperty("height", "400px");
  return { made, box: made.root.firstChild, asked: () => asked };
};

test("of 200,000 rows only those in sight exist", async () => {
  const { made, box } = long();
  made.update({ count: 200_000 }, {});
  await frames();
  equal(box.scrollHeight, 8_000_000);
  ok(box.querySelectorAll(".row").length < 40, `${box.querySelectorAll(".row").length} rows`);
  box.scrollTop = 4_000_000;
  await frames();
  await frames();
  const names = [...box.querySelectorAll("button")].map((one) => one.textContent);
  ok(names.includes("row 100000") && names.includes("row 100009") && names.length < 40, names.slice(0, 3).join());
  equal(box.querySelector("[aria-posinset='100001']").getAttribute("aria-setsize"), "200000");
});

test("the keyboard goes from row to row, and to both ends", async () => {
  const { made, box } = long();
  made.update({ count: 1000 }, {});
  await frames();
  equal([...box.querySelectorAll("button")].filter((one) => one.tabIndex === 0).length, 1);
  box.querySelector("button").focus();
  const press = async (key) => {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await frames();
    return document.activeElement.textContent;
  };
  equal(await press("ArrowDown"), "row 1");
  equal(await press("End"), "row 999");
  equal(await press("ArrowUp"), "row 998");
  equal(await press("Home"), "row 0");
});

test("rows that are not here yet are asked for", async () => {
  const { made, asked } = long();
  made.update({ count: 1000, missing: true }, {});
  await frames();
  const [first, last] = asked()[0];
  ok(first === 0 && last >= 10 && last < 40, `${first}–${last}`);
});

test("rows after an open one make room for it", async () => {
  const { made, box } = long();
  made.update({ count: 100, open: 3 }, {});
  await frames();
  await frames();
  const at = (index) => box.querySelector(`[aria-posinset='${index + 1}']`);
  const bottom = at(3).offsetTop + at(3).offsetHeight;
  ok(at(3).offsetHeight > 40, "the open row is not taller");
  equal(at(4).offsetTop, bottom);
  made.update({ count: 100 }, {});
  await frames();
  equal(at(4).offsetTop, 160);
});
