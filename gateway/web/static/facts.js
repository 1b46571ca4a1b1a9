/** What a policy asks of a visit, in a guard's words: the names of facts, and their values. */

import { degrees, say, sayRecord, spoken } from "./words.js";

/** Every fact of `checkpoint/1`: Chinese, English. */
const FACTS = {
  site: ["小区", "site"], checkpoint: ["门岗", "checkpoint"], lane: ["通道", "lane"],
  direction: ["方向", "direction"], now: ["现在", "now"],
  "local.hour": ["小时", "hour"], "local.minute": ["分钟", "minute"], "local.weekday": ["星期", "weekday"],
  "local.date": ["日期", "date"], "local.holiday": ["节假日", "holiday"],
  "clock.trusted": ["时钟可信", "clock trusted"],
  "level.name": ["响应级别", "level"], "level.severity": ["严重程度", "severity"],
  "level.since": ["级别始于", "level since"],
  "person.kind": ["人员", "person"], "person.count": ["人数", "people"], "person.minor": ["未成年", "minor"],
  "credential.kind": ["凭证", "credential"], "credential.status": ["凭证状态", "status"],
  "credential.reason": ["凭证问题", "what is wrong"], "credential.issuer": ["签发方", "issuer"],
  "credential.entry": ["类别", "kind of entry"], "credential.issued": ["签发于", "issued"],
  "credential.expires": ["到期", "expires"], "credential.age": ["签发已", "age"],
  "credential.colour": ["颜色", "colour"], "credential.rules_ok": ["符合国家规则", "national rules kept"],
  "credential.failing_rule": ["不符的国家规则", "failing rule"],
  "credential.uses_today": ["今日使用次数", "uses today"], "credential.gates": ["可走的门", "gates"],
  "temperature.celsius": ["体温", "temperature"], "temperature.uncertainty": ["误差", "uncertainty"],
  "temperature.limit": ["上限", "limit"], "temperature.ambient": ["环境温度", "ambient"],
  "temperature.kind": ["测温类型", "kind of measurement"], "temperature.spot": ["部位", "spot"],
  "temperature.quality": ["测温质量", "quality"], "temperature.plausible": ["数值可信", "plausible"],
  "temperature.reasons": ["测温说明", "remarks"], "temperature.second": ["复测", "second measurement"],
  "temperature.measured": ["测于", "measured"],
  "access.passback": ["反潜回", "anti-passback"], "access.occupancy": ["在内人数", "occupancy"],
  "access.occupancy_limit": ["人数上限", "occupancy limit"],
  "access.wrong_attempts": ["错误次数", "wrong attempts"], "access.schedule_open": ["开放时段", "open hours"],
  "access.blocked": ["已停用", "blocked"], "access.listed": ["在名单", "listed"],
  "access.interlock_free": ["互锁空闲", "interlock free"],
  "gate.door": ["门", "door"], "gate.online": ["闸机在线", "gate online"], "gate.mode": ["通道模式", "mode"],
};

/** Words that a fact may say, beside those that the record uses too; I to IV stay as they are. */
const VALUES = {
  in: ["进", "in"], out: ["出", "out"], normal: ["正常", "normal"],
  IV: ["IV 级", "IV"], III: ["III 级", "III"], II: ["II 级", "II"], I: ["I 级", "I"],
  resident: ["住户", "resident"], staff: ["员工", "staff"], visitor: ["访客", "visitor"],
  delivery: ["送货", "delivery"], emergency: ["急救", "emergency"],
  vaccination: ["接种", "vaccination"], test: ["检测", "test"], recovery: ["康复", "recovery"], pass: ["通行证", "pass"],
  green: ["绿码", "green"], yellow: ["黄码", "yellow"], red: ["红码", "red"],
  surface: ["体表", "skin"], "body-equivalent": ["折算体内", "body"], good: ["良好", "good"], poor: ["不佳", "poor"],
  ok: ["正常", "ok"], violation: ["违规", "violation"],
  lockdown: ["封闭", "lockdown"], released: ["常开放行", "released"],
};

const IN_DEGREES = new Set(["celsius", "limit", "uncertainty", "ambient"].map((name) => `temperature.${name}`));

/** A fact's name; a policy's own constant is shown as it is. */
export function sayFact(name) {
  return Object.hasOwn(FACTS, name) ? FACTS[name][spoken() === "zh" ? 0 : 1] : name;
}

/** A fact's value as people say it. */
export function sayValue(name, value) {
  if (value === null || value === undefined) return say("missing");
  if (IN_DEGREES.has(name)) return degrees(value) ?? String(value);
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  if (Array.isArray(value)) return value.map(sayWord).join(", ") || "[]";
  if (typeof value !== "string") return String(value);
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return new Date(value).toLocaleString(document.documentElement.lang);
  if (/^-?\d[\d.]*(e[+-]?\d+)?s$/.test(value)) return span(parseFloat(value));
  return name === "gate.door" ? say(`door_${value}`) : sayWord(value);
}

function sayWord(word) {
  return Object.hasOwn(VALUES, word) ? VALUES[word][spoken() === "zh" ? 0 : 1] : sayRecord(word);
}

function span(s) {
  const [figure, word] = Math.abs(s) < 5400 ? [s / 60, "minutes"] : Math.abs(s) < 172_800 ? [s / 3600, "hours"] : [s / 86_400, "days"];
  return say(word, Math.round(figure * 10) / 10);
}
