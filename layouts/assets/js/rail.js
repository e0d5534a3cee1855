// The rail's width is a property of the document (page.css); it is kept with the user, and remembered in a cookie.

export function render({model}) {
  const {icons} = model.esm_constants
  const root = document.documentElement
  const narrow = () => (root.dataset.rail || (window.innerWidth < 1200 ? "narrow" : "wide")) === "narrow"

  const item = (page) => h("li", {},
    h("a.item", {
      href: page.href, title: `${page.word} (g ${page.key})`, "aria-label": page.word,
      "aria-current": page.name === model.current ? "page" : null,
    }, drawn(icons[page.name]), h("span.word", {}, page.word), h("kbd", {"aria-hidden": "true"}, `g ${page.key}`)))

  const fold = h("button.fold", {type: "button", onclick: () => {
    root.dataset.rail = narrow() ? "wide" : "narrow"
    remember("marksight_rail", root.dataset.rail)
    model.send_msg({prefer: {pages: {shell: {rail: root.dataset.rail}}}})
    draw()
  }})
  const draw = () => {
    const word = narrow() ? "Show words" : "Icons only"
    fold.replaceChildren(drawn(icons[narrow() ? "wide" : "narrow"]), h("span.word", {}, word))
    fold.setAttribute("aria-label", word)
    fold.title = word
  }
  window.addEventListener("resize", draw)
  model.on("remove", () => window.removeEventListener("resize", draw))
  draw()
  return h("div.column", {},
    h("nav", {"aria-label": "Pages"}, h("ul", {}, model.pages.map(item))),
    h("div.foot", {}, fold))
}
