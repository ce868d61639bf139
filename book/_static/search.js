// A search result quotes its page: leave out the table of contents meant for paper, and the second copy of each formula.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  const textOf = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll("#jb-print-docs-body, .katex-mathml").forEach((part) => part.remove());
    return textOf(page.documentElement.outerHTML, anchor);
  };
});
