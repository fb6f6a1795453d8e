// In place of highlight.js, which costs a reader 39 KB: our listings colour themselves, and the
// book has no other code that needs it. mdBook's script calls these.
window.hljs = { configure() {}, highlightBlock() {}, highlightElement() {} };
