// Contrast of the tokens (WCAG 2.2 AA), in both schemes.

import { ok, test } from "./check.js";

const css = await (await fetch("/ui/style/tokens.css")).text();
const [light, dark] = css.split("@media (prefers-color-scheme: dark)");
const tokens = (part) => Object.fromEntries([...part.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]));
const schemes = { light: tokens(light), dark: { ...tokens(light), ...tokens(dark) } };

function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const contrast = (one, other) => {
  const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
};

for (const [scheme, of] of Object.entries(schemes)) {
  test(`contrast, ${scheme}`, () => {
    const grounds = ["canvas", "surface", "raised"];
    const enough = (text, ground, least) => ok(contrast(of[text], of[ground]) >= least, `${text} on ${ground}: ${contrast(of[text], of[ground]).toFixed(2)} < ${least}`);
    for (const ground of grounds) {
      enough("text", ground, 7);
      enough("quiet", ground, 5.4);
      enough("edge", ground, 3.2);
      for (const text of ["accent", "ok", "wait", "stop"]) enough(text, ground, 4.5);
    }
    enough("on-accent", "accent", 4.5);
    enough("on-accent", "accent-strong", 4.5);
    for (const ground of ["accent-soft", "ok-soft", "wait-soft", "stop-soft"]) enough("text", ground, 7);
    enough("accent", "accent-soft", 4.5);
    enough("stop", "stop-soft", 4.5);
    enough("wait", "wait-soft", 4.5);
    // Links stand on the soft grounds of a problem.
    enough("accent", "stop-soft", 4.5);
    enough("accent", "wait-soft", 4.5);
  });
}
