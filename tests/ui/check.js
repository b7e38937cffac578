// The least that tests need: name them, compare, collect. The cargo test reads `window.results`.

const tests = [];
export const test = (name, run) => tests.push({ name, run });

const show = (value) => (typeof value === "string" ? JSON.stringify(value) : JSON.stringify(value) ?? String(value));

export function equal(found, wanted, about = "") {
  if (show(found) !== show(wanted)) throw new Error(`${about ? `${about}: ` : ""}found ${show(found)}, wanted ${show(wanted)}`);
}

export function ok(found, about) {
  if (!found) throw new Error(about);
}

export const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

export async function run() {
  const results = { passed: [], failed: [] };
  for (const { name, run: one } of tests) {
    document.body.replaceChildren();
    try {
      await one();
      results.passed.push(name);
    } catch (error) {
      results.failed.push(`${name}: ${error?.message ?? error}\n${error?.stack ?? ""}`);
    }
  }
  window.results = results;
}
