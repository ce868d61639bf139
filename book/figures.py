"""The picture on the landing page is a figure of chapter 1, taken out of its executed notebook."""

import base64
import json
from pathlib import Path

book = Path(__file__).parent
NOTEBOOK, LABEL = book / "notebooks/1_foundations/01_how_to_read.ipynb", "fig-filmstrip"


def picture(notebook: Path, label: str) -> bytes:
    """PNG that the cell labelled `label` of an executed notebook shows."""
    if not notebook.exists():
        raise FileNotFoundError(f"{notebook} is missing; `make notebooks` runs the chapters and writes it.")
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") == label:
            for output in cell["outputs"]:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode("".join(output["data"]["image/png"]))
    raise ValueError(f"{notebook} shows no picture in a cell labelled {label}; run the chapter, or correct the label.")


def landing(folder: Path) -> None:
    """Write the landing page's picture into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "landing.png").write_bytes(picture(NOTEBOOK, LABEL))


if __name__ == "__main__":
    landing(book / "_build")
