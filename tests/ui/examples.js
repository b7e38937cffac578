// Examples of what Rust says, one for each state a screen can be in: for the tests, and to look at.

const en = (language) => language === "en";
const pick = (language, zh, english) => (en(language) ? english : zh);

const COUNTS = { found: 0, stored: 0, already: 0, skipped: 0, failed: 0, gone: 0 };
const counts = (part) => ({ ...COUNTS, ...part });

export const providers = (language) => [
  ["aliyun", "阿里邮箱", "Alibaba Mail", false, "三方客户端安全密码", "third-party client password", ["登录网页版阿里邮箱", "通常在:设置 › 账户与安全 › 账户安全 › 三方客户端安全管理", "生成一个密码,复制后粘贴到这里"], ["Sign in to Alibaba Mail on the web", "Usually: Settings › Account and security › Third-party clients", "Make a password, copy it and paste it here"]],
  ["exmail", "腾讯企业邮", "Tencent Exmail", false, "客户端专用密码", "client password", ["登录网页版企业邮箱", "设置 › 收发信设置:开启 IMAP/SMTP 服务", "设置 › 微信绑定 › 安全登录:生成客户端专用密码"], ["Sign in on the web", "Settings › Sending and receiving: switch IMAP/SMTP on", "Settings › Secure login: make a client password"]],
  ["qq", "QQ 邮箱", "QQ Mail", true, "授权码", "authorisation code", ["登录网页版 QQ 邮箱", "设置 › 账号:开启 IMAP/SMTP 服务", "按提示发短信,得到授权码"], ["Sign in to QQ Mail on the web", "Settings › Account: switch IMAP/SMTP on", "Send the text message as asked; the code appears"]],
  ["163", "网易 163", "NetEase 163", true, "授权码", "authorisation code", [], []],
  ["qiye163", "网易企业邮", "NetEase enterprise", false, "授权码", "authorisation code", [], []],
  ["feishu", "飞书邮箱", "Feishu Mail", false, "专用密码", "client password", [], []],
  ["gmail", "Gmail", "Gmail", true, "应用专用密码", "app password", [], []],
  ["icloud", "iCloud", "iCloud", true, "App 专用密码", "app-specific password", [], []],
  ["sina", "新浪", "Sina", true, "授权码", "authorisation code", [], []],
  ["other", "其他(自己的服务器)", "Other (own server)", false, "密码", "password", [], []],
].map(([id, zh, english, isPublic, word, wordEn, steps, stepsEn]) => ({
  id, name: pick(language, zh, english), public: isPublic, password: pick(language, word, wordEn), steps: pick(language, steps, stepsEn), link: steps.length ? `https://${id}.example/` : null, web: id !== "other",
}));

export const advice = {
  refused: (language) => ({
    code: "sign_in_refused",
    what: pick(language, "旧邮箱不接受这个密码。", "The old mailbox did not accept this password."),
    meaning: pick(language, "邮件没有动。为免锁号,我们不自动重试。", "No mail was touched. To avoid a lock we never retry unasked."),
    todo: pick(language, "腾讯企业邮要用“客户端专用密码”,不是网页密码。", "Tencent Exmail wants a “client password”, not the web password."),
    button: "try_again",
    words: "NO [AUTHENTICATIONFAILED] Login fail. Account is abnormal, service is not open, password is incorrect",
  }),
  certificate: (language) => ({
    code: "certificate_untrusted",
    what: pick(language, "连接不安全,已停止;密码没有发出。", "The connection is not safe, so we stopped; your password was not sent."),
    meaning: pick(language, "服务器的证书不是这台电脑信任的机构签发的。", "The server's certificate was not issued by an authority that this computer trusts."),
    todo: pick(language, "请管理员把指纹读给您核对,一致才信任。", "Ask your admin to read the fingerprint to you; trust it only if it is the same."),
    button: "trust",
    words: null,
  }),
  throttled: (language) => ({
    code: "throttled",
    what: pick(language, "旧邮箱让我们慢一点。", "The old mailbox asks us to slow down."),
    meaning: pick(language, "这很常见,不会丢信。", "This is common; nothing is lost."),
    todo: "",
    button: null,
    words: "NO Request is throttled. Suggested Backoff Time: 45000 milliseconds",
  }),
  offline: (language) => ({
    code: "host_unknown",
    what: pick(language, "网络断了,连上后自动继续。", "No network; goes on when it is back."),
    meaning: "",
    todo: "",
    button: null,
    words: null,
  }),
  full: (language) => ({
    code: "quota_full",
    what: pick(language, "新邮箱满了,停在 1,204 封。", "The new mailbox is full; stopped at 1,204."),
    meaning: pick(language, "已搬的都在,旧邮箱没有动。", "What is moved stays; the old mailbox is untouched."),
    todo: pick(language, "扩容后按继续。", "Make room, then Go on."),
    button: "go_on",
    words: "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)",
  }),
  password: (language) => ({
    code: "sign_in_refused",
    what: pick(language, "旧邮箱的密码变了。", "The old mailbox's password changed."),
    meaning: pick(language, "请重新输入,已搬的不会重来。", "Enter it again; nothing starts over."),
    todo: "",
    button: "enter_password",
    words: null,
  }),
  unreachable: (language) => ({
    code: "host_unknown",
    what: pick(language, "找不到旧邮箱的服务器 imap.exmial.example。", "The server of the old mailbox, imap.exmial.example, was not found."),
    meaning: pick(language, "邮件没有动。", "No mail was touched."),
    todo: pick(language, "请检查服务器地址和网络。", "Check the server's name and the network."),
    button: "try_again",
    words: null,
  }),
};

const OLD = { side: "old", address: "li.na@example.com", provider: "exmail", host: "imap.exmail.qq.com" };
const NEW = { side: "new", address: "li.na@example.com", provider: "aliyun", host: "imap.qiye.aliyun.com" };

const ORDER = ["accounts", "check", "backup", "move", "verify", "finish"];
const stages = (at, state = "now") => ORDER.map((stage, index) => ({ stage, state: index < ORDER.indexOf(at) ? "done" : stage === at ? state : "todo" }));

const FOLDERS = [
  ["INBOX", "INBOX", 1204],
  ["已发送", "Sent", 486],
  ["草稿箱", "Drafts", 12],
  ["项目/2024 合同", "项目/2024 合同", 163],
  ["项目/2025 合同", "项目/2025 合同", 88],
  ["供应商 & 客户", "供应商 & 客户", 41],
  ["Archive/2019", "Archive/2019", 6],
];
const total = FOLDERS.reduce((sum, [, , found]) => sum + found, 0);

const progress = (done, extra = {}) => {
  let rest = done;
  return {
    done,
    total,
    octets_done: done * 96_000,
    octets_total: total * 96_000,
    pace: 2_340_000,
    left: [190, 310],
    folder: "INBOX",
    folders: FOLDERS.map(([path, , found]) => {
      const here = Math.min(rest, found);
      rest -= here;
      return { path, done: here, counts: counts({ found, stored: here }) };
    }),
    problems: 0,
    ...extra,
  };
};

const survey = (extra = {}) => ({
  messages: total,
  octets: 1_940_000_000,
  room: 48_000_000_000,
  fits: true,
  estimate: [400, 820],
  already: 0,
  elsewhere: [],
  too_large: 0,
  oldest: Date.UTC(2016, 2, 4),
  hidden: null,
  folders: FOLDERS.map(([source, target, found]) => ({ source, target, counts: counts({ found, stored: found }) })),
  ...extra,
});

const base = {
  move: "m1",
  kind: "move",
  old: OLD,
  new: NEW,
  stages: stages("check"),
  running: false,
  paused: false,
  undoing: false,
  phase: "idle",
  progress: { done: 0, total: 0, octets_done: 0, octets_total: 0, pace: 0, left: null, folder: null, folders: [], problems: 0 },
  waiting: null,
  ask: null,
  survey: null,
  place: { path: "/home/lina/邮渡备份/li.na@example.com", free: 212_000_000_000, synced: false },
  result: null,
  advice: null,
};
const run = (stage, phase, done, extra = {}) => ({ ...base, stages: stages(stage), running: true, phase, survey: survey(), progress: progress(done), ...extra });
const result = (extra) => ({
  verdict: "complete",
  counts: counts({ found: total, stored: total - 40, already: 40 }),
  octets: 1_940_000_000,
  seconds: 611,
  backup: total,
  equation: { old: total, backup: total, new: total, explained: 0 },
  problems: 0,
  notices: 0,
  undone: false,
  advice: null,
  ...extra,
});
const ended = (extra, stage = "finish") => ({ ...base, stages: stages(stage), phase: "done", survey: survey(), result: result(extra) });

/** name -> View, in one language */
export const views = (l) => ({
  looking: { ...base, running: true, phase: "connecting" },
  counting: { ...base, running: true, phase: "survey", progress: progress(1290, { left: null, pace: 0 }) },
  ready: { ...base, stages: stages("backup"), survey: survey({ already: 40, elsewhere: [{ place: "Archive/2019", messages: 31 }, { place: "INBOX", messages: 2 }] }) },
  older: { ...base, stages: stages("backup"), survey: survey({ oldest: Date.UTC(2026, 9, 23), hidden: [pick(l, "登录网页版腾讯企业邮", "Sign in to Tencent Exmail on the web"), pick(l, "设置 › 收发信设置 › 收取选项:选“全部”", "Settings › Receiving: choose “All”"), pick(l, "勾选“收取我的文件夹”,保存", "Tick “My folders”, save")] }) },
  lacks: { ...base, stages: stages("backup"), survey: survey({ fits: false, room: 1_200_000_000, too_large: 2 }) },
  empty: { ...base, stages: stages("backup"), survey: survey({ messages: 0, octets: 0, oldest: null, folders: [], estimate: null }) },
  synced: { ...base, stages: stages("backup"), survey: survey(), place: { path: "/home/lina/OneDrive/mail", free: 900_000_000, synced: true } },
  unchecked: { ...base, advice: advice.unreachable(l) },
  backing: run("backup", "backup", 1204),
  proving: run("backup", "prove", 640, { progress: progress(640, { left: [20, 45] }) }),
  moving: run("move", "move", 1204, { progress: progress(1204, { problems: 2 }) }),
  paused: run("move", "move", 1204, { paused: true }),
  still: { ...run("move", "move", 1204), running: false, phase: "idle" },
  slowed: run("move", "move", 1204, { waiting: { code: "throttled", side: "old", until: 45_000, advice: advice.throttled(l) } }),
  offline: run("move", "move", 1204, { waiting: { code: "host_unknown", side: null, until: null, advice: advice.offline(l) } }),
  full: run("move", "move", 1204, { stages: stages("move", "needs"), waiting: { code: "quota_full", side: "new", until: null, advice: advice.full(l) } }),
  password: run("move", "move", 1204, { stages: stages("move", "needs"), ask: { side: "old", reason: "refused", advice: advice.password(l) } }),
  comparing: run("verify", "verify", 1650, { progress: progress(1650, { left: [15, 40] }) }),
  complete: ended({}),
  problems: ended({ verdict: "problems", counts: counts({ found: total, stored: total - 3, failed: 3 }), equation: { old: total, backup: total, new: total - 3, explained: 3 }, problems: 3, notices: 2 }),
  many: ended({ verdict: "problems", problems: 200_000, notices: 0, equation: { old: 400_000, backup: 400_000, new: 200_000, explained: 200_000 } }),
  stopped: ended({ verdict: "stopped", counts: counts({ found: total, stored: 1204 }), backup: total, equation: null }, "move"),
  failed: ended({ verdict: "failed", counts: counts({}), backup: null, equation: null, advice: advice.unreachable(l) }, "move"),
  undoing: run("move", "undo", 1204, { undoing: true, progress: progress(1204, { pace: 0, left: [5, 20] }) }),
  undone: ended({ undone: true, counts: counts({ found: total, stored: total }), equation: null, backup: null }, "move"),
  undoneKept: ended({ undone: true, counts: counts({ found: total, stored: total - 9, already: 6, gone: 3 }), notices: 6, equation: null, backup: null }, "move"),
  undoStopped: ended({ undone: true, verdict: "stopped", counts: counts({ found: total, stored: 500 }), equation: null, backup: null }, "move"),
  finished: { ...ended({}), stages: stages("finish", "done") },
  backupDone: { ...ended({ equation: null }), kind: "backup", new: null },
  backupRuns: { ...run("backup", "backup", 1204), kind: "backup", new: null },
});

const problem = (l, index) => {
  const notice = index % 5 > 2;
  return {
    code: notice ? "renamed" : index % 2 ? "message_too_large" : "message_refused",
    level: notice ? "notice" : "problem",
    folder: FOLDERS[index % FOLDERS.length][0],
    uid: String(40 + index),
    detail: null,
    heading: index % 3 === 2 ? null : { subject: index % 4 ? "Re: 2024 年度审计报告(最终版,含全部附件)" : null, from: "王芳 <wang.fang@example.com>", date: Date.UTC(2024, 2, 5, 12) },
    advice: {
      code: notice ? "renamed" : "message_refused",
      what: notice ? pick(l, "文件夹在新邮箱里换了名字。", "The folder has another name in the new mailbox.") : index % 2 ? pick(l, "这封邮件太大,新邮箱不收。", "This message is too large for the new mailbox.") : pick(l, "新邮箱不收这封邮件。", "The new mailbox refused this message."),
      meaning: pick(l, "它在旧邮箱里,也在备份里。", "It is in the old mailbox and in the backup."),
      todo: pick(l, "可以把它另存为文件,或请管理员放宽大小限制后再搬。", "Save it as a file, or ask the admin for a higher limit and move again."),
      button: null,
      words: notice ? null : "NO [LIMIT] Mail length 52428800 exceeded!",
    },
  };
};
export const landmarks = (l) => [
  { which: "oldest", folder: "INBOX", octets: 2_114, heading: { subject: l === "en" ? "Welcome aboard" : "欢迎加入公司", from: "HR <hr@example.com>", date: 1_141_603_200_000 } },
  { which: "newest", folder: l === "en" ? "Sent" : "已发送", octets: 40_960, heading: { subject: l === "en" ? "Re: Offer for the harbour office" : "回复:港口办公室报价", from: null, date: 1_795_910_400_000 } },
  { which: "largest", folder: "Projects/2019", octets: 24_800_000, heading: { subject: null, from: "王芳 <wang.fang@example.com>", date: null } },
];

export const rows = (l, count) => (offset, limit) => ({ total: count, rows: Array.from({ length: Math.max(Math.min(limit, count - offset), 0) }, (_, index) => problem(l, offset + index)) });

const entry = (part) => ({ address: "li.na@example.com", provider: null, settings: null, password: null, ...part });
const local = (port) => ({ host: "127.0.0.1", port, security: "tls", user: "li.na@example.com", trust: null, authority: "/tmp/demo/ca.pem" });

/** name -> Home, in one language */
export const homes = (language) => {
  const plain = { language, keychain: true, moves: [], prefill: null, advice: null };
  const card = (part) => ({ move: "m1", kind: "move", old: OLD, new: NEW, stage: "move", state: "now", ...part });
  return {
    plain,
    moves: { ...plain, moves: [card({}), card({ move: "m2", old: { ...OLD, address: "wang.fang@example.com" }, new: { ...NEW, address: "wang.fang@example.com" }, stage: "check", state: "needs" }), card({ move: "m3", kind: "backup", new: null, stage: "finish", state: "done" })] },
    one: { ...plain, moves: [card({})] },
    demo: { ...plain, prefill: { old: entry({ settings: local(10993) }), new: entry({ settings: local(20993), password: "Demo passphrase 2" }) } },
    session: { ...plain, keychain: false },
    broken: { ...plain, advice: { code: "store_unusable", what: pick(language, "搬家记录打不开。", "The record of this move can't be opened."), meaning: pick(language, "邮件都在;重新检查后接着搬,不会重复。", "Your mail is safe; a new check goes on, without duplicates."), todo: "", button: null, words: null } },
  };
};

export const found = (language, address, provider) => {
  const all = providers(language);
  const host = { aliyun: "imap.qiye.aliyun.com", exmail: "imap.exmail.qq.com", qq: "imap.qq.com", 163: "imap.163.com", gmail: "imap.gmail.com" };
  const id = provider ?? (address.endsWith("@example.com") ? "exmail" : address.endsWith("@qq.com") ? "qq" : null);
  const it = all.find((one) => one.id === id) ?? null;
  return { provider: it, settings: it && host[id] ? { host: host[id], port: 993, security: "tls", user: address, trust: null, authority: null } : null };
};
