// What searchtools.js looks for: words that were sought are not kept to be marked on the next page.
const SPHINX_HIGHLIGHT_ENABLED = false;
