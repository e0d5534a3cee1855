// Runs before the page is drawn: the chosen theme is in a cookie that the server has read; else the system's wish counts.
if (!document.documentElement.dataset.theme) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches
  document.documentElement.dataset.theme = dark ? "dark" : "light"
}
