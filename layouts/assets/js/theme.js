// Runs before the page is drawn: what its user prefers is said by the server (`data-theme`, or `data-wish` for as the system
// is), and remembered in a cookie for the pages before the sign-in; else that cookie counts, else the system's wish.
{
  const root = document.documentElement, {theme, wish} = root.dataset
  if (theme || wish) document.cookie = `marksight_theme=${wish || theme}; path=/; max-age=31536000; samesite=lax`
  const kept = wish ? null : document.cookie.match(/(?:^|; )marksight_theme=(light|dark)(?:;|$)/)
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches
  if (!theme) root.dataset.theme = kept ? kept[1] : dark ? "dark" : "light"
}
