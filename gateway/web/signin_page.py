"""The page of somebody who is not signed in: both tongues, no script, its style named by hash."""

import base64
import hashlib

from starlette.responses import HTMLResponse

from gateway.web.headers import POLICY

_STYLE = """
:root { color-scheme: dark light }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  font: 1.125rem/1.6 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif;
  background: #0e1420; color: #eef2f8 }
main { width: min(26rem, 90vw) }
h1 { font-size: 2.5rem; line-height: 1.2; margin: 0 0 .25em }
h1 small { font-size: 1.25rem; font-weight: 400; color: #9fb0c8 }
label { display: block; margin: 1.5em 0 .4em }
input, button { box-sizing: border-box; width: 100%; min-height: 3rem; padding: .5rem .9rem;
  font: inherit; border-radius: .6rem; border: 2px solid #4a5b78 }
input { background: #182235; color: inherit }
button { margin-top: 1rem; background: #eef2f8; color: #0e1420; border-color: #eef2f8;
  font-weight: 700 }
:focus-visible { outline: 3px solid #6cb4ff; outline-offset: 2px }
p { color: #9fb0c8 } a { color: #9ccaff } .wrong { color: #ffb3a8; font-weight: 600 }
"""

_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>门神 Menshen</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>门神 <small>Menshen</small></h1>
{wrong}
<form method="post" action="/signin">
<label for="token">访问令牌 <span lang="en">· Access token</span></label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>登录 <span lang="en">· Sign in</span></button>
</form>
<p>令牌由管理员用 <code>menshen token create</code> 生成。已登录?<a href="/">打开页面</a><br>
<span lang="en">An administrator makes tokens with <code>menshen token create</code>.
Signed in already? <a href="/">Open the page</a></span></p>
</main>
</body>
</html>
"""

_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_WRONG = {
    401: ("令牌无效、已用过或已被收回。", "This token is wrong, used up or revoked."),
    429: ("失败次数过多,请稍候一分钟。", "Too many failed attempts: wait a minute."),
}


def sign_in_page(status: int, *, wrong: bool = False) -> HTMLResponse:
    """Ask for a token; `wrong` says that the last one was no good."""
    zh, en = _WRONG.get(status, ("", ""))
    told = f'<p class="wrong" role="alert">{zh} <span lang="en">{en}</span></p>' if wrong else ""
    headers = {
        "Content-Security-Policy": POLICY.format(style=f" 'sha256-{_HASH}'"),
        "WWW-Authenticate": 'Bearer realm="menshen"',
    }
    return HTMLResponse(_PAGE.format(style=_STYLE, wrong=told), status, headers)
