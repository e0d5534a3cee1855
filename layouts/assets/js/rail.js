export function render({model}) {
  const {icons} = model.esm_constants
  const rail = h("div.column")

  const item = (page) => h("li", {},
    h("a.item", {
      href: page.href, title: `${page.word} (g ${page.key})`, "aria-label": page.word,
      "aria-current": page.name === model.current ? "page" : null,
    }, drawn(icons[page.name]), h("span.word", {}, page.word), h("kbd", {"aria-hidden": "true"}, `g ${page.key}`)))

  const fold = h("button.fold", {type: "button", onclick: () => {
    model.narrow = !model.narrow
    remember("marksight_rail", model.narrow ? "narrow" : "wide")
  }})

  const draw = () => {
    rail.classList.toggle("narrow", model.narrow)
    const word = model.narrow ? "Show words" : "Icons only"
    fold.replaceChildren(drawn(icons[model.narrow ? "wide" : "narrow"]), h("span.word", {}, word))
    fold.setAttribute("aria-label", word)
    fold.title = word
  }

  rail.append(
    h("nav", {"aria-label": "Pages"}, h("ul", {}, model.pages.map(item))),
    h("div.foot", {}, fold))
  model.on("narrow", draw)
  draw()
  if (cookie("marksight_rail") === null && window.matchMedia("(max-width: 1199px)").matches) model.narrow = true
  return rail
}
