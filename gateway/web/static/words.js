/** Every word of the page, zh and en; sentences for reasons come from the gateway. */

const WORDS = {
  zh: {
    lanes: "通道", feed: "记录", lane: "通道", type: "类型", decision: "结果", text: "原因",
    span: "时间", span_live: "实时", span_hour: "最近一小时", span_day: "最近一天", span_custom: "指定时段",
    from: "从", to: "到", looking: "正在查找…", lookingFailed: "没有查到",
    moreThanShown: (n) => `只显示最新 ${n} 条,请缩小范围或下载表格`, table: "下载表格",
    all: "全部", matters: "要事", noEvents: "没有符合条件的记录", signOut: "退出", wall: "大屏",
    live: "实时", connecting: "正在连接…", stale: "画面已停止更新", offline: "与网关的连接已断开",
    staleMore: "以下状态可能已过时,请到现场查看。正在重新连接…", siteAlarms: "全小区报警",
    signedOut: "登录已失效,请重新登录", signIn: "登录", notLive: "非实时",
    viewer: "只读", guard: "值班", admin: "管理员",
    admit: "通行", deny: "禁行", refer: "查验", none: "暂无来人",
    wayOut: "自由离开", unchecked: "不查验",
    door_closed: "门关", door_open: "门开", door_held: "门被挡开", door_forced: "门被强开",
    door_fault: "门故障", door_unknown: "门状态不明", doorOffline: "闸机离线",
    mode_lockdown: "封闭", mode_lockdown_in: "禁止进入", mode_lockdown_out: "可以离开",
    mode_released: "常开放行", mode_released_in: "自由进出", mode_released_out: "自由进出",
    in: "入口", out: "出口", waiting: (n) => `${n} 人等候`, nobody: "无人等候",
    visit: "有人", grant: "已许可", stillWaits: "还在等查验",
    credential: "凭证", temperature: "体温", noTemperature: "未测温",
    offlineDevices: "离线", acknowledge: "确认",
    act_open: "开门", act_lock: "封闭", act_release: "常开放行", act_restore: "恢复正常",
    act_measure: "复测体温", act_visit: "无码", askVisit: (lane) => `无码通行 · ${lane}`,
    visitCompanion: "与刚放行的人同行(逐个测温)", persons: "人数", people: (n) => `${n} 人`,
    children: "孩子", adults: "家人", guests: "访客",
    visitPaper: "纸质凭证,已与证件核对", estatePass: "小区通行证", euCertificate: "欧盟健康证", healthCard: "健康卡",
    visitWord: "门卫确认", emergencyServices: "急救 · 消防 · 公安",
    visitList: "按姓名查名单(不留存)", field_name: "姓名", field_home: "住处(同名时)", askList: "查名单",
    visitNumber: "纸质通行证的编号", field_number: "编号前 8 位", askNumber: "查编号",
    state_visit: "已开始,结果见通道", cancel: "取消", sending: "正在发送…", dismiss: "知道了",
    askOpen: (lane) => `打开 ${lane}?`, askReason: "原因", needReason: "请选择或填写原因", otherReason: "其他原因(请勿填写姓名)",
    askRelease: (lane) => `让 ${lane} 常开放行?`,
    releaseMore: "所有人都可以自由进出,不再查验,直到现场人员恢复正常。",
    releaseSure: "我明白:任何人都能进入",
    askLock: (lane) => `封闭 ${lane}?`, lockMore: "禁止进入;离开始终不受限制。",
    askRestore: (lane) => `${lane} 恢复正常?`,
    restoreMore: "请先在现场确认通道内无人、没有危险。", restoreSure: "我在现场,已确认安全",
    askMeasure: "复测体温", celsius: "体温(°C)", method: "测量方式",
    methods: { ear: "耳温", axillary: "腋温", oral: "口腔", contact: "接触式", forehead: "额温枪", canthus: "眼角", wrist: "腕温" },
    reasons: ["忘带手机或凭证", "设备故障", "搬运大件", "老人或行动不便", "急救", "访客已登记"],
    state_commanded: "指令已发出,闸机还没有确认,请看闸机", state_opened: "门已打开",
    state_unknown: "闸机没有确认,门可能没开,请到现场查看", state_done: "已完成",
    state_measured: "已记录,结果见通道", failed: "没有成功", roleTooLow: "您的身份不能这样做,请找值班人员",
    unreachable: "网关没有回应,不知是否成功:请看闸机,再试一次",
    why: "为什么", close: "关闭", rule: "规则", abovePolicy: "规则之外", missing: "缺少", yes: "是", no: "否",
    holds: "成立", holdsNot: "不成立", cannotSay: "无法判断",
    otherRules: (n) => `没有触发的规则:${n} 条`, leftOut: (n) => `其中 ${n} 条没有列出`,
    agreesNot: "注意:同一策略现在得出的结果与记录不同",
    minutes: (n) => `${n} 分钟`, hours: (n) => `${n} 小时`, days: (n) => `${n} 天`,
    now: "刚刚", secondsAgo: (n) => `${n} 秒前`, minutesAgo: (n) => `${n} 分钟前`,
    hoursAgo: (n) => `${n} 小时前`, daysAgo: (n) => `${n} 天前`,
    policy: "规则", policyRefused: "新规则有错,未启用:", orderStands: "总部命令", until: (at) => `到 ${at}`,
    act_suspend: "中止命令", askSuspend: (order) => `中止总部命令 ${order}?`,
    suspendMore: "须两人:另一人在 10 分钟内用自己的账号同样操作,命令即中止,并上报总部。",
    suspendSure: "我明白:此操作会记录并上报",
    shadowTold: (name, n, of) => `旁路试行 ${name}:${of} 次中 ${n} 次不同`,
    by: "由", tongue: "English",
  },
  en: {
    lanes: "Lanes", feed: "Record", lane: "Lane", type: "Type", decision: "Decision", text: "Reason",
    span: "Time", span_live: "Live", span_hour: "Last hour", span_day: "Last day", span_custom: "From … to",
    from: "From", to: "To", looking: "Looking…", lookingFailed: "It could not be read",
    moreThanShown: (n) => `Only the newest ${n} are shown: narrow it down or download the table`,
    table: "Download table", all: "All", matters: "What matters", noEvents: "Nothing on record matches",
    signOut: "Sign out", wall: "Wall view",
    live: "Live", connecting: "Connecting…", stale: "This page has stopped updating",
    offline: "The connection to the gateway is lost",
    staleMore: "What is shown may be old: look at the gates themselves. Reconnecting…",
    siteAlarms: "Alarms of the whole site",
    signedOut: "You are signed out", signIn: "Sign in", notLive: "Not live",
    viewer: "view only", guard: "guard", admin: "admin",
    admit: "Admit", deny: "Deny", refer: "Refer", none: "Nobody yet",
    wayOut: "Way out is free", unchecked: "Not checked",
    door_closed: "Closed", door_open: "Open", door_held: "Held open", door_forced: "Forced",
    door_fault: "Fault", door_unknown: "Unknown", doorOffline: "Gate offline",
    mode_lockdown: "Lockdown", mode_lockdown_in: "nobody gets in", mode_lockdown_out: "the way out is free",
    mode_released: "Released", mode_released_in: "everybody passes", mode_released_out: "everybody passes",
    in: "In", out: "Out", waiting: (n) => `${n} waiting`, nobody: "Nobody waiting",
    visit: "Here", grant: "May pass", stillWaits: "Still waits for a guard",
    credential: "credential", temperature: "temperature", noTemperature: "not measured",
    offlineDevices: "Offline", acknowledge: "Acknowledge",
    act_open: "Open", act_lock: "Lock", act_release: "Release", act_restore: "Restore",
    act_measure: "Measure again", act_visit: "No code", askVisit: (lane) => `Without a code · ${lane}`,
    visitCompanion: "With who was just let in (measured each)", persons: "How many",
    people: (n) => n === 1 ? "1 person" : `${n} people`,
    children: "Children", adults: "Family", guests: "Visitors",
    visitPaper: "Paper, compared with a document", estatePass: "Estate pass", euCertificate: "EU certificate",
    healthCard: "Health card",
    visitWord: "On my word", emergencyServices: "Emergency services",
    visitList: "A name on the list (kept nowhere)", field_name: "Name",
    field_home: "Home (if several)", askList: "Look up",
    visitNumber: "The number of a printed pass", field_number: "Its first 8 digits", askNumber: "Look up",
    state_visit: "Started: the lane shows what was decided", cancel: "Cancel", sending: "Sending…", dismiss: "Got it",
    askOpen: (lane) => `Open ${lane}?`, askReason: "Reason", needReason: "Choose a reason or write one",
    otherReason: "Another reason (no names)",
    askRelease: (lane) => `Release ${lane}?`,
    releaseMore: "Everybody walks in and out unchecked, until somebody on site restores the lane.",
    releaseSure: "I understand: anybody can come in",
    askLock: (lane) => `Lock ${lane}?`, lockMore: "Nobody gets in. The way out always stays free.",
    askRestore: (lane) => `Restore ${lane}?`,
    restoreMore: "First see on site that the passage is clear and nobody is in danger.",
    restoreSure: "I am on site and it is safe",
    askMeasure: "Second measurement", celsius: "Temperature (°C)", method: "Method",
    methods: { ear: "Ear", axillary: "Armpit", oral: "Mouth", contact: "Contact", forehead: "Forehead",
      canthus: "Corner of the eye", wrist: "Wrist" },
    reasons: ["No phone or credential at hand", "Device fault", "Carrying something large",
      "Elderly or disabled person", "Emergency", "Registered visitor"],
    state_commanded: "Command sent, not confirmed yet: look at the gate", state_opened: "The gate is open",
    state_unknown: "The gate did not confirm and may be shut: look at it", state_done: "Done",
    state_measured: "On record: the lane shows what was decided",
    failed: "It was not done", roleTooLow: "You only view: ask a guard",
    unreachable: "No answer from the gateway, so nobody knows: look at the gate, then try again",
    why: "Why", close: "Close", rule: "Rule", abovePolicy: "above the rules", missing: "missing",
    yes: "yes", no: "no", holds: "holds", holdsNot: "does not hold", cannotSay: "can't be judged",
    otherRules: (n) => `Rules that did not fire: ${n}`, leftOut: (n) => `${n} of them are not listed`,
    agreesNot: "Note: asked again, the same policy says something else than what is on record",
    minutes: (n) => `${n} min`, hours: (n) => `${n} h`, days: (n) => `${n} d`,
    now: "just now", secondsAgo: (n) => `${n} s ago`, minutesAgo: (n) => `${n} min ago`,
    hoursAgo: (n) => `${n} h ago`, daysAgo: (n) => `${n} d ago`,
    policy: "Policy", policyRefused: "A new policy has faults and is not in force:",
    orderStands: "Order of the HQ", until: (at) => `until ${at}`,
    act_suspend: "Suspend", askSuspend: (order) => `Suspend the HQ's order ${order}?`,
    suspendMore: "This takes two: another person does the same under a name of his own within 10 minutes. The HQ is told.",
    suspendSure: "I understand: this is recorded and reported",
    shadowTold: (name, n, of) => `On trial ${name}: ${n} of ${of} differ`,
    by: "by", tongue: "中文",
  },
};

const EVENTS = {
  "reading-received": ["收到读数", "Reading"], "passage-decided": ["通行判断", "Decision"],
  "passage-completed": ["已通过", "Passed"], "passage-not-taken": ["未通过", "Did not pass"],
  "visit-abandoned": ["已离开", "Walked away"], "gate-commanded": ["发出指令", "Gate commanded"],
  "gate-opened": ["闸机已开", "Gate opened"], "gate-unknown": ["闸机未确认", "Gate did not confirm"],
  "gate-alarm": ["闸机报警", "Gate alarm"], "device-online": ["设备上线", "Device online"],
  "device-offline": ["设备离线", "Device offline"], "operator-acted": ["人员操作", "Operator"],
  "policy-changed": ["规则变更", "Policy changed"], "policy-waits": ["规则待生效", "Policy waits"],
  "policy-refused": ["规则有错", "Policy refused"], "order-accepted": ["接受命令", "Order accepted"],
  "order-suspended": ["命令中止", "Order suspended"], "shadow-changed": ["旁路试行变更", "Trial changed"],
  "shadow-judged": ["旁路试行结果", "Trial counted"], "level-changed": ["级别变更", "Level changed"],
  "order-refused": ["指令被拒", "Order refused"], "alarm-raised": ["报警", "Alarm"],
  "alarm-acknowledged": ["报警已确认", "Alarm acknowledged"], "drill-started": ["演练开始", "Drill started"],
  "drill-ended": ["演练结束", "Drill ended"], "store-refused": ["数据库拒收", "Store refused"],
  "store-degraded": ["数据库异常", "Store degraded"], "window-closed": ["统计时段结束", "Window closed"],
  "clock-judged": ["时钟判定", "Clock judged"], "stood-down": ["记录已销毁", "Record destroyed"],
  "key-rotated": ["人员密钥已更换", "Key of subjects changed"],
};

/** Words the record itself uses: types of events, kinds and states of credentials, acts. */
const RECORD = {
  ...EVENTS,
  "eu-dcc": ["欧盟健康证", "EU certificate"], "smart-health-card": ["SMART 健康卡", "Health card"],
  "colour-code": ["健康码", "Health code"], "estate-pass": ["小区通行证", "Estate pass"],
  unknown: ["未知", "unknown"], none: ["无凭证", "no credential"],
  valid: ["有效", "valid"], invalid: ["无效", "invalid"], expired: ["已过期", "expired"],
  "not-yet-valid": ["尚未生效", "not valid yet"], revoked: ["已吊销", "revoked"],
  unverified: ["未核实", "unverified"], unreadable: ["无法识读", "unreadable"],
  scanner: ["扫码器", "scanner"], thermometer: ["测温仪", "thermometer"], camera: ["摄像机", "camera"],
  gate: ["闸机", "gate"],
  "rollback-policy": ["退回规则", "policy rollback"], "suspend-order": ["中止命令", "suspend order"],
  "start-visit": ["无码通行", "without a code"], paper: ["纸质", "paper"], list: ["名单", "list"],
  companion: ["同行", "companion"], word: ["门卫确认", "a guard's word"],
  "second-measure": ["复测体温", "second measurement"], acknowledge: ["确认报警", "acknowledge"],
  open: ["开门", "open"], lock: ["封闭", "lock"], release: ["常开放行", "release"], restore: ["恢复正常", "restore"],
};

export const EVENT_TYPES = Object.keys(EVENTS);
export const DECISIONS = ["admit", "deny", "refer"];
export const SPANS = ["live", "hour", "day", "custom"];

/** What this browser was told to remember; null where nothing is, or it may not. */
export function kept(what) {
  try { return localStorage.getItem(`menshen-${what}`); } catch { return null; }
}

/** Let this browser remember something. */
export function keep(what, value) {
  try { localStorage.setItem(`menshen-${what}`, value); } catch { /* a browser that keeps nothing */ }
}

let tongue = kept("tongue") === "en" ? "en" : "zh";
let reasons = {};

/** Take the gateway's sentences. */
export function learn(sentences) { reasons = sentences; }

/** The tongue that is spoken: `zh` or `en`. */
export function spoken() { return tongue; }

/** Speak the other tongue from now on, also after the page is opened anew. */
export function switchTongue() {
  tongue = tongue === "zh" ? "en" : "zh";
  keep("tongue", tongue);
}

/** A word of the page; words with a figure in them take it. */
export function say(word, ...figures) {
  const said = WORDS[tongue][word] ?? word;
  return typeof said === "function" ? said(...figures) : said;
}

/** A word of the record; one that is not known is shown as it is. */
export function sayRecord(word) {
  const both = Object.hasOwn(RECORD, word) ? RECORD[word] : null;
  return both ? both[tongue === "zh" ? 0 : 1] : String(word);
}

/** The sentence of a reason or an alarm; one that is not known is shown as it is. */
export function sayReason(word) {
  return Object.hasOwn(reasons, word) ? reasons[word][tongue] : String(word);
}

/** Why somebody was judged so; a policy's own reason is told in what it says to the person. */
export function sayReasons(words, said) {
  const known = words.filter((word) => Object.hasOwn(reasons, word)).map(sayReason);
  const own = words.length > known.length || words.length === 0 ? sayBoth(said) : "";
  if (own) return [...known, own].join(" · ");
  return words.map(sayReason).join(" · ");
}

/** The tongue's own words out of `{zh, en}`. */
export function sayBoth(both) { return both ? both[tongue] : ""; }

/** Degrees with exactly one decimal, or null where there is no figure. */
export function degrees(celsius) {
  return typeof celsius === "number" && Number.isFinite(celsius) ? `${celsius.toFixed(1)} °C` : null;
}

/** How long ago, in words a glance understands. */
export function ago(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 3) return say("now");
  if (s < 60) return say("secondsAgo", s);
  if (s < 3600) return say("minutesAgo", Math.floor(s / 60));
  return s < 86400 ? say("hoursAgo", Math.floor(s / 3600)) : say("daysAgo", Math.floor(s / 86400));
}
