"""Every reason and alarm word the house stores, with the sentence a guard or resident reads.

The words are stable: stored, shown, translated, tested. An unknown word is shown as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Bilingual:
    """The same words in both tongues."""

    zh: str
    en: str


def sentence(word: str) -> Bilingual:
    """Return a reason's sentence; an unknown word stands for itself."""
    return REASONS.get(word) or Bilingual(word, word)


_DECISIONS = {
    "healthy": ("体温正常,凭证有效", "Temperature normal, credential valid"),
    "temperature-high": ("体表温度偏高,请复测", "Skin temperature high: measure again"),
    "temperature-low": ("体温读数过低,请复测", "Temperature reading too low: measure again"),
    "temperature-missing": ("没有测到体温", "No temperature was measured"),
    "temperature-implausible": (
        "体温读数不可信,请复测",
        "Temperature not plausible: measure again",
    ),
    "temperature-stale": ("体温读数已过期", "The temperature is too old"),
    "second-measure": ("以人工复测为准", "Decided by a second measurement"),
    "code-not-green": ("健康码不是绿色", "The health code is not green"),
    "fact-missing": ("缺少判断所需的信息", "Something the rules need is missing"),
    "rule-error": ("规则无法判断", "A rule could not be judged"),
    "no-rule-admits": ("没有规则允许通行", "No rule lets this person in"),
    "not-one-person": (
        "画面中不止一人,请逐一通过",
        "Not exactly one person: one at a time, please",
    ),
    "reading-stale": ("读数已过期,请重新刷码", "The reading is too old: scan again"),
    "clock-suspect": ("时钟不可信", "A clock can't be believed"),
    "never-set": ("时钟从未校准,日期不对", "The clock was never set: its date is wrong"),
    "not-synchronised": ("时钟未与时间服务器同步", "Nothing that knows the time has set the clock"),
    "stepped": ("时钟发生跳变", "The clock jumped"),
    "repeated-scan": ("刚刚使用过,请稍候", "Used a moment ago: please wait"),
    "gateway-restarted": ("系统刚重启,请重新刷码", "The gateway restarted: scan again"),
    "record-late": ("记录未能及时保存", "The record was not kept in time"),
    "time-over": ("等待超时", "Waited too long"),
    "presence-ended": ("人已离开", "The person left"),
    "superseded": ("已由后来的操作取代", "Overtaken by a later act"),
    "too-many-readings": ("读数过多,请稍候", "Too many readings: please wait"),
    "lockdown": ("封闭管理,禁止进入", "Lockdown: no entry"),
    "released": ("闸门已放行,自由通过", "Released: walk through"),
    "exit": ("离开无需验证", "Leaving needs no check"),
    "operator": ("由值班人员开门", "Opened by a guard"),
    "schedule": ("按时间表开放", "Open by the schedule"),
    "screening-ended": ("健康筛查已依法结束", "Health screening has ended by law"),
    "passback": ("此凭证已在小区内", "This credential is already inside"),
    "occupancy-full": ("人数已满", "The estate is full"),
    "wrong-gate": ("此凭证不适用于本门", "Not valid at this gate"),
    "blocked": ("此凭证已停用", "This credential is blocked"),
}

# Of the policies that come with the product; an estate's own words stand for themselves.
_POLICIES = {
    "pass-valid": ("通行证有效", "The pass is valid"),
    "listed": ("在小区名单上", "On the estate's list"),
    "checked-by-document": ("门卫已核对纸质凭证和证件", "A guard compared paper and document"),
    "checked-by-number": ("门卫已按编号核对", "A guard checked the number"),
    "emergency-services": ("急救、消防、公安", "Emergency services"),
    "health-credential-valid": ("健康凭证有效", "The health credential is valid"),
    "health-rules-not-met": (
        "证书不符合卫生部门的规定",
        "Not what the health authority's rules ask for",
    ),
    "temperature-confirmed": ("复测体温仍偏高", "Temperature still high when measured again"),
    "temperature-near-limit": ("体温接近上限,请复测", "Close to the limit: measure again"),
    "outside-schedule": ("不在开放时间内", "Outside opening hours"),
    "interlock": ("另一道门尚未关闭", "Another door has not closed yet"),
    "wrong-attempts": ("尝试次数过多", "Too many failed attempts"),
    "minor-alone": ("孩子没有大人陪同", "A child without an adult"),
    "visitors-by-guard": ("访客由门卫决定", "Visitors are for a guard to decide"),
    "visitors-not-admitted": ("目前谢绝访客", "No visitors for now"),
    "drop-point-only": ("快递只到投放点", "Deliveries only to the drop point"),
}

_CREDENTIALS = {
    "credential-missing": ("没有出示凭证", "No credential was shown"),
    "credential-unreadable": ("凭证无法识读", "The credential can't be read"),
    "credential-invalid": ("凭证无效", "The credential is not valid"),
    "credential-forged": ("凭证签名不符,疑似伪造", "The signature is wrong: possibly forged"),
    "credential-expired": ("凭证已过期", "The credential has expired"),
    "credential-not-yet-valid": ("凭证尚未生效", "The credential is not valid yet"),
    "credential-revoked": ("凭证已被吊销", "The credential was revoked"),
    "credential-unverified": ("凭证无法核实", "The credential could not be verified"),
    "credential-unknown": ("不认识这种凭证", "Unknown kind of credential"),
    "card-bundle": ("健康卡内容不完整", "The card holds no health record"),
    "card-type": ("这不是健康卡", "Signed, but not as a health card"),
    "issuer-key-unfit": (
        "签发机构公布的密钥不合规范",
        "The issuer's key is not made as it has to be",
    ),
    "issuer-key-unknown": ("不认识签发机构的这把密钥", "Not a known key of the issuer"),
    "issuer-malformed": ("签发机构的网址不对", "The issuer's address is none"),
    "issuer-missing": ("凭证没有注明签发机构", "The credential names no issuer"),
    "issuer-unknown": ("不认识签发机构", "Unknown issuer"),
    "key-usage-wrong": ("签发密钥用途不符", "The issuer's key is not meant for this"),
    "signature-invalid": ("凭证签名不符,疑似伪造", "The signature is wrong: possibly forged"),
    "signer-expired": ("签发机构的证书已过期", "The issuer's certificate has expired"),
    "signer-not-yet-valid": ("签发机构的证书尚未生效", "The issuer's certificate is not valid yet"),
    "signer-dates": (
        "凭证签发时证书不在有效期内",
        "The issuer's certificate was not valid when it signed",
    ),
    "dates-missing": ("凭证没有有效期", "The credential says not how long it is valid"),
    "dates-absurd": ("凭证的有效期不合理", "The credential's dates make no sense"),
    "kid-missing": ("凭证没有注明签发密钥", "The credential names no key"),
    "algorithm-mismatch": ("签名算法与签发密钥不符", "The signature is not of the issuer's kind"),
    "algorithm-unsupported": ("不支持这种签名算法", "Signed in a way that is not supported"),
    "revocation-stale": ("吊销清单已旧", "The list of revoked cards is out of date"),
    "revocation-unknown": ("没有吊销清单可查", "No list of revoked cards is at hand"),
    "zip-unsupported": ("不支持这种压缩方式", "Compressed in a way that is not supported"),
    "prefix-unsupported": ("不支持这个版本的凭证", "This version of credential is not supported"),
    "text-too-long": ("码的内容过长", "The code is too long"),
}

# What is wrong inside a code that looked like a certificate; a guard asks for another one.
_BROKEN = {
    "base45-character": ("码中有无效字符", "The code holds a character that can't be"),
    "base45-length": ("码不完整", "The code is not whole"),
    "base45-value": ("码中有无效数值", "The code holds a value that can't be"),
    "inflate-broken": ("码已损坏", "The code is damaged"),
    "inflate-too-long": ("码的内容过长", "The code holds too much"),
    "inflate-trailing": ("码后有多余内容", "Something follows the code's end"),
    "inflate-truncated": ("码不完整", "The code is cut off"),
    "cbor-broken": ("凭证内容已损坏", "The credential's content is damaged"),
    "cose-structure": ("凭证结构不对", "The credential is not built as one"),
    "cose-trailing": ("凭证后有多余内容", "Something follows the credential's end"),
    "cwt-structure": ("凭证结构不对", "The credential is not built as one"),
    "chunk-character": ("码中有无效字符", "The code holds a character that can't be"),
    "chunk-doubled": (
        "同一部分出现了两种内容,请重新逐一扫码",
        "One part came with two contents: scan all parts anew",
    ),
    "chunk-header": ("码的编号不对", "The code's number makes no sense"),
    "chunk-length": ("码不完整", "The code is not whole"),
    "chunk-value": ("码中有无效数值", "The code holds a value that can't be"),
    "chunks-missing": ("还有部分码未扫,请扫其余的码", "Parts are missing: scan the others too"),
    "chunks-mixed": ("扫到了不同凭证的码", "Codes of different credentials"),
    "chunks-too-long": ("码的内容过长", "The code holds too much"),
    "hcert-broken": ("凭证内容已损坏", "The certificate's content is damaged"),
    "jws-base64": ("码中有无效字符", "The code holds a character that can't be"),
    "jws-header": ("凭证结构不对", "The credential is not built as one"),
    "jws-structure": ("凭证结构不对", "The credential is not built as one"),
    "payload-broken": ("凭证内容已损坏", "The credential's content is damaged"),
}

# Colour codes: what the platform says of one, and why it may say nothing of use.
_COLOURS = {
    "green": ("绿码", "The code is green"),
    "yellow": ("黄码", "The code is yellow"),
    "red": ("红码", "The code is red"),
    "not-found": ("平台查无此码", "The platform knows no such code"),
    "failed": ("平台未能给出结果", "The platform gave no usable answer"),
    "timeout": ("平台没有及时回答", "The platform did not answer in time"),
    "colour-unknown": ("健康码颜色未知", "The health code's colour is not known"),
    "too-many-codes": ("出示的健康码过多", "Too many different codes"),
    "platform-timeout": (
        "健康码平台没有及时回答",
        "The health code platform did not answer in time",
    ),
    "platform-offline": (
        "健康码平台中断,暂停查询",
        "The health code platform is down and left alone for a while",
    ),
    "platform-unreachable": ("连接不上健康码平台", "The health code platform can't be reached"),
    "platform-failing": ("健康码平台出错", "The health code platform answers with an error"),
    "platform-refuses": (
        "健康码平台拒绝本站的查询",
        "The health code platform does not let this site in",
    ),
    "answer-not-understood": (
        "健康码平台的回答无法理解",
        "What the health code platform answers is not as agreed",
    ),
    "answer-of-another": (
        "健康码平台答非所问",
        "The health code platform answered another question",
    ),
}

_PASSES = {
    "other-estate": ("这是别的小区的通行证", "A pass of another estate"),
    "outside-pass-times": ("不在通行证的使用时段内", "Outside the hours of this pass"),
    "uses-exhausted": ("通行证今天的次数已用完", "This pass is used up for today"),
    "code-too-old": ("动态码已过期:截图和照片无效", "The code has moved on: no screenshots"),
    "code-too-new": (
        "手机的时钟快了,动态码尚未生效",
        "The phone's clock is ahead: its code is not valid yet",
    ),
    "proof-missing": ("请出示手机上的动态码", "Show the code that changes on the phone"),
    "proof-invalid": ("动态码不是由本人手机生成", "The code is not of the phone it was given to"),
    "proof-unwanted": ("通行证被改动过", "The pass was added to"),
    "proof-structure": ("动态码已损坏", "The changing part of the code is damaged"),
    "passes-unreadable": (
        "通行证的密钥或吊销清单读不出,仍用原来的",
        "Keys or revocations of passes can't be read: the old ones stay",
    ),
    "passes-unshared": (
        "通行证的密钥和吊销清单无法写入信任文件夹,其他网关收不到",
        "Keys and revocations of passes can't be put where other gateways read them",
    ),
}

_MEASURING = {
    "reference-missing": ("看不到黑体参考源", "The blackbody reference is not in view"),
    "reference-assumed": ("未设定黑体参考温度", "The reference's true temperature is not given"),
    "ffc-unknown": (
        "热像仪未报告校正状态",
        "The camera does not say when it corrected itself",
    ),
}

_HOUSE = {
    "broker-offline": ("消息代理连接中断", "The message broker can't be reached"),
    "device-unknown": (
        "有未登记的设备在发消息",
        "A device speaks that nobody set up",
    ),
    "disk-failing": ("磁盘无法写入记录", "The disk takes no records"),
    "disk-full": ("磁盘已满", "The disk is full"),
    "outbox-repaired": (
        "记录文件损坏,已修复,旧文件保留",
        "The record's file was damaged and is repaired; the old one is kept",
    ),
    "part-failed": ("系统的一部分出错,正在重启", "A part of the gateway failed and starts again"),
    "no-answer": ("没有回应", "No answer"),
    "no-connection": ("连接不上", "Can't be reached"),
    "unauthorised": ("未获授权", "Not let in"),
    "failing": ("返回错误", "Answers with an error"),
    "refuses-all": ("拒收所有数据", "Refuses everything"),
}

_GATES = {
    "gate-offline": ("闸机离线", "The gate is offline"),
    "gate-unknown": ("闸机没有回应", "The gate did not answer"),
    "passage-without-grant": ("有人未经许可通过", "Someone passed without a grant"),
    "tailgating": ("有人尾随通过", "Someone followed through"),
    "held": ("门被长时间挡开", "The gate is held open"),
    "forced": ("门被强行打开", "The gate was forced"),
    "tamper": ("设备被拆动", "A device is being tampered with"),
    "fault": ("闸机故障", "The gate has a fault"),
    "duress": ("有人按下求救按钮", "The duress button was pressed"),
    "fire": ("火警放行", "Fire: gates released"),
    "device-offline": ("设备离线", "A device is offline"),
    "device-unreadable": ("设备数据无法识读", "A device sends what can't be read"),
    "expired": ("已过期", "Its time is over"),
    "no-confirmation": ("闸机没有确认", "The gate did not confirm"),
    "passed": ("已通过", "Passed"),
    "other-boot": ("闸机刚重启", "The gate had restarted"),
    "withdrawn": ("许可已收回", "The grant was withdrawn"),
    "hq-unreadable": (
        "联盟总部的确认无法识读或不可信",
        "The alliance HQ confirms what can't be read or can't be true",
    ),
    "store-degraded": ("时序数据库没有响应", "The time-series store is silent"),
    "store-refused": ("时序数据库拒收数据", "The time-series store refuses data"),
    "store-differs": (
        "时序数据库丢失了已确认的数据",
        "The time-series store lacks what it acknowledged",
    ),
    "store-uncounted": (
        "无法核对时序数据库",
        "The time-series store can't be asked what it holds",
    ),
    "frame-unreadable": ("热像画面无法识读", "A thermal picture can't be read"),
    "refer-unanswered": ("转人工后无人处理", "A referred person is still waiting"),
    "key-overdue": (
        "人员哈希密钥早该更换,但夜间一直有人通行",
        "The key of the subjects is overdue: somebody passes all night",
    ),
}

_REFUSALS = {
    "needs-second-person": (
        "封闭期间开门须管理员,或第二人在 30 秒内同意",
        "In a lockdown opening needs an admin, or a second person within 30 s",
    ),
    "already-released": ("闸门已放行,无需开门", "Released already: it needs no opening"),
    "passage-occupied": (
        "通道内可能有人,不能关闭",
        "Someone may be in the passage: it can't close",
    ),
    "lane-busy": ("通道正有人通过,请稍候再试", "Somebody is passing: try again in a moment"),
    "implausible": ("体温数值不可信", "That is no plausible temperature"),
    "unknown-method": ("不认识这种测量方式", "Unknown method of measuring"),
    "unknown-lane": ("没有这条通道", "There is no such lane"),
    "unknown-visit": ("此人已离开", "This visit is over"),
    "unknown-alarm": ("没有这条报警", "There is no such alarm"),
    "visit-under-way": (
        "此通道正在查验一个人,请稍候再试",
        "Somebody is being checked at this lane: try again in a moment",
    ),
    "too-many-persons": ("一次最多八人", "Eight people at once at most"),
    "not-listed": ("名单上没有此人", "Not on the estate's list"),
    "home-needed": (
        "名单上有同名的人,请补充住处(楼栋、门牌)",
        "Several people of this name: say the home too (building, door)",
    ),
    "list-missing": (
        "还没有导入名单(menshen people import)",
        "No list was imported (menshen people import)",
    ),
    "list-unreadable": ("名单无法读取", "The list can't be read"),
    "list-asked-too-often": (
        "查询名单过于频繁,请稍候再试",
        "The list was asked too often: try again later",
    ),
    "pass-unknown": ("没有这张纸质通行证", "No printed pass has this number"),
    "internal-error": ("系统内部错误,已记录", "An internal error; it is on record"),
}

_CHANGING = {
    "policy-refused": (
        "新规则有错,未启用,仍用原来的规则",
        "A new policy has faults: the one in force stays",
    ),
    "trust-refused": (
        "信任文件夹有错,未启用,仍用原来的",
        "The trust folder has faults: what was read before stays in force",
    ),
    "trust-expiring": (
        "签发者证书即将到期,请导入新的信任列表",
        "The last signer of a country ends soon: import a fresh list",
    ),
    "trust-expired": (
        "签发者证书已到期,该国凭证将被拒绝",
        "The last signer of a country has ended: its certificates are refused",
    ),
    "policy-lost": (
        "重启前的规则找不到了,改用小区文件中的规则",
        "A policy from before the restart is lost: the site's own file judges",
    ),
    "nothing-before": ("没有更早的规则可以退回", "There is no policy to go back to"),
}

_ORDERS = {
    "order-stands": (
        "总部命令仍在生效:请等它到期,或由两人中止",
        "An order of the HQ stands: wait for its end, or two people suspend it",
    ),
    "order-refused": ("总部的命令未被接受", "An order of the HQ was refused"),
    "order-suspended": ("两名值班人员中止了总部的命令", "Two people on site suspended an order"),
    "order-ended": ("总部的命令已到期", "An order of the HQ has ended"),
    "needs-second-operator": (
        "中止命令须两人:请另一人在 10 分钟内同样操作",
        "Suspending takes two: another person has to do the same within 10 minutes",
    ),
    "unknown-order": ("没有这条生效中的命令", "No such order stands"),
    "orders-not-set-up": (
        "本小区没有设置总部的密钥,不接受命令",
        "This site has no keys of an HQ, so it takes no orders",
    ),
    "order-unreadable": ("命令无法识读", "The order can't be read"),
    "order-oversteps": (
        "命令要求了它无权更改的内容",
        "The order asks for what no order may change",
    ),
    "order-endless": ("命令没有结束时间", "The order has no end"),
    "order-key-unknown": (
        "命令的签名密钥不在本小区的名单上",
        "The order is signed by an unknown key",
    ),
    "order-forged": ("命令签名不符,疑似伪造", "The order's signature is wrong: possibly forged"),
    "order-elsewhere": ("命令不是给本小区的", "The order is meant for other sites"),
    "order-kind-unknown": ("不执行这种命令", "This kind of order is not obeyed here"),
    "order-sequence-back": (
        "命令的序号不比上一条大",
        "The order's number is not above the last one's",
    ),
    "order-expired": ("命令已过期", "The order is over"),
    "order-too-early": ("命令的签发时间在将来", "The order was issued in the future"),
    "order-too-long": (
        "命令的期限超过本小区的上限",
        "The order stands longer than this site allows",
    ),
    "order-policy-faulty": ("命令中的规则有错", "The order's policy has faults"),
    "order-singles-out": (
        "命令中的规则可能针对个人",
        "The order's policy could single a person out",
    ),
    "order-no-way-home": (
        "命令会让居民回不了家",
        "The order leaves residents no way home",
    ),
    "order-not-kept": (
        "命令中的规则无法保存到磁盘",
        "The order's policy could not be kept on disk",
    ),
    "orders-crowded": ("命令来得太多", "Too many orders at once"),
}

_GROUPS = (
    _DECISIONS,
    _POLICIES,
    _CREDENTIALS,
    _BROKEN,
    _COLOURS,
    _PASSES,
    _MEASURING,
    _GATES,
    _HOUSE,
    _REFUSALS,
    _CHANGING,
    _ORDERS,
)

REASONS: Mapping[str, Bilingual] = MappingProxyType(
    {word: Bilingual(zh, en) for group in _GROUPS for word, (zh, en) in group.items()}
)
