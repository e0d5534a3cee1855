// Runs before the page is drawn: the chosen theme is in a cookie, which the server has read for its pages; else the
// system's wish counts.
if (!document.documentElement.dataset.theme) {
  const chosen = document.cookie.match(/(?:^|; )marksight_theme=(light|dark)(?:;|$)/)
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches
  document.documentElement.dataset.theme = chosen ? chosen[1] : dark ? "dark" : "light"
}
