// The examples speak the wire that Rust writes: tests/golden/wire.json holds an example of each of its types.

import "./wire.js";
import { equal, test } from "./check.js";
import { found, homes, providers, rows, views } from "./examples.js";

const golden = await (await fetch("/tests/golden/wire.json")).json();

function kind(value) {
  return Array.isArray(value) ? "list" : value === null ? "null" : typeof value;
}

/** Same keys, same kinds; where one of both has null or an empty list there is nothing to compare. */
function agree(mine, rust, at) {
  if (mine === null || rust === null) return;
  equal(kind(mine), kind(rust), at);
  if (kind(mine) === "list") {
    if (rust.length) for (const one of mine) agree(one, rust[0], `${at}[]`);
  } else if (kind(mine) === "object") {
    equal(Object.keys(mine).sort(), Object.keys(rust).sort(), `keys of ${at}`);
    for (const key of Object.keys(mine)) agree(mine[key], rust[key], `${at}.${key}`);
  }
}

test("views", () => {
  for (const [name, view] of Object.entries(views("en"))) agree(view, golden.View, name);
});
test("homes", () => {
  for (const [name, home] of Object.entries(homes("en"))) agree(home, golden.Home, name);
});
test("providers and what is found", () => {
  for (const provider of providers("en")) agree(provider, golden.Provider, provider.id);
  agree(found("en", "li@example.com", null), golden.Found, "found");
});
test("what an undo would do", async () => agree(await window.__TAURI__.core.invoke("look_undo"), golden.Undoable, "undoable"));
test("landmarks", async () => agree((await window.__TAURI__.core.invoke("landmarks"))[0], golden.Landmark, "landmarks"));
test("problems", () => agree(rows("en", 10)(0, 10), golden.ProblemPage, "problems"));
