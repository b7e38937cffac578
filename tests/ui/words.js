// Both languages have the same messages with the same values, and SCREENS.md's words stand.

import { equal, ok, test } from "./check.js";
import { format } from "/ui/words/format.js";
import en from "/ui/words/en.js";
import zh from "/ui/words/zh-CN.js";

function compare(one, other, at = "") {
  equal(Object.keys(one).sort(), Object.keys(other).sort(), `keys of ${at || "all"}`);
  for (const [key, value] of Object.entries(one)) {
    const [here, there] = [`${at}.${key}`, other[key]];
    equal(typeof value, typeof there, here);
    if (Array.isArray(value)) equal(value.length, there.length, here);
    else if (typeof value === "object") compare(value, there, here);
    else if (typeof value === "function") equal(value.length, there.length, `values of ${here}`);
    else ok(value.trim() && there.trim(), `${here} is empty`);
  }
}

test("both languages have the same messages", () => compare(en, zh));

test("no message of Chinese is left in English, none exclaims", () => {
  const same = new Set([".accounts.tls", ".accounts.starttls"]);
  const walk = (one, other, at = "") => {
    for (const [key, value] of Object.entries(one)) {
      if (typeof value === "object" && !Array.isArray(value)) walk(value, other[key], `${at}.${key}`);
      else if (typeof value === "string") {
        ok(same.has(`${at}.${key}`) || value !== other[key], `${at}.${key} is the same in both`);
        ok(!/[!!]/.test(value + other[key]), `${at}.${key} exclaims`);
      }
    }
  };
  walk(en, zh);
});

test("numbers, sizes, dates and times", () => {
  equal([en.n(1234567), zh.n(1234567)], ["1,234,567", "1,234,567"]);
  const { size, span } = format("en");
  equal([size(0), size(999), size(35_200_000), size(999_600), size(250_000_000_000)], ["0 KB", "1.0 KB", "35.2 MB", "1.0 MB", "250 GB"]);
  equal(span([10, 40]), null);
  equal(span([190, 310]), ["3", "6", "minute"]);
  equal(span([2000, 3500]), ["30", "60", "minute"]);
  equal(span([5000, 9000]), ["1", "2.5", "hour"]);
  equal(span([240, 240]), ["4", "4", "minute"]);
});

test("sentences come out whole", () => {
  equal(en.check.ready(1), "1 message, ready to move");
  equal(en.check.ready(2000), "2,000 messages, ready to move");
  equal(zh.check.ready(2000), "2,000 封邮件,可以搬了");
  equal(en.check.sum(7, 1_900_000_000, [400, 820]), "7 folders, 1.9 GB, they fit, about 5–15 min.");
  equal(zh.check.sum(7, 1_900_000_000, [400, 820]), "7 个文件夹,1.9 GB,新邮箱放得下,约 5–15 分钟。");
  equal(zh.move.left([10, 20]), "还需不到 1 分钟");
  equal(en.verify.equation(2000, 2000, 1997, 3), "Old mailbox 2,000 = backup 2,000 = new mailbox 1,997 + explained 3");
  equal(zh.verify.equation(2000, null, 2000, 0), "旧邮箱 2,000 = 新邮箱 2,000");
  equal(zh.check.oldest(Date.UTC(2016, 2, 4, 12)), "最早一封是 2016年3月4日。您有更早的邮件吗?");
});
