"""What a certificate says to whoever reads it, in both tongues; figures, nobody's name."""

from collections.abc import Mapping
from typing import Any

_DONE = {
    "zh": (
        "{name}({site})的个人记录已销毁。{begun} 起,共 {files} 个文件({bytes} 字节)、{rows} 条记录"
        "被覆盖并删除,其中包括人员哈希的密钥。"
    ),
    "en": (
        "The records about persons at {name} ({site}) are destroyed. From {begun} on {files} files"
        " ({bytes} bytes) with {rows} events were overwritten and removed, among them the key of"
        " all subjects."
    ),
}
_KEPT = {
    "zh": "保留的只有涉及十人以上的合计数。",
    "en": "Only sums about ten people or more are kept.",
}
_LIMITS = {
    "zh": (
        "文件系统:{file_system}。写时复制的文件系统、闪存的磨损均衡、快照以及他人所做的备份"
        "仍可能留有旧数据块;加密磁盘或销毁磁盘才能彻底排除。时序数据库和总部不保存任何个人。"
    ),
    "en": (
        "File system: {file_system}. A copy-on-write file system, the wear levelling of flash,"
        " snapshots, and backups that others made may still hold old blocks; only an encrypted or"
        " a destroyed disk rules that out. The time-series store and the HQ hold nobody."
    ),
}
_COPIES = {
    "zh": "注意:此文件系统采用写时复制,覆盖不会写在原处。",
    "en": "Mind: this one copies on write, so that nothing was overwritten in its own place.",
}
_LOST = {
    "zh": "有尚未转发的数据一并销毁。",
    "en": "Some of it had not been forwarded, and went with the rest.",
}
_LEFT = {
    "zh": "未销毁的录像(位于数据目录之外):{left}。",
    "en": "Recordings outside the data folder that are not destroyed: {left}.",
}


def sentences(facts: Mapping[str, Any]) -> dict[str, str]:
    """Write it in Chinese and in English."""
    parts = [_DONE, *([_KEPT] if facts["kept"] else [])]
    parts += [_LOST] if facts["unforwarded"] else []
    parts += [_LEFT] if facts["left"] else []
    parts += [_LIMITS, *([_COPIES] if facts["copy_on_write"] else [])]
    said = {}
    for tongue, between in (("zh", ""), ("en", " ")):
        words = {
            **facts,
            "name": facts["name"][tongue],
            "files": len(facts["destroyed"]),
            "bytes": sum(file["bytes"] for file in facts["destroyed"]),
            "rows": "?" if facts["rows"] is None else facts["rows"],
            "left": ", ".join(facts["left"]),
        }
        said[tongue] = between.join(part[tongue].format_map(words) for part in parts)
    return said
