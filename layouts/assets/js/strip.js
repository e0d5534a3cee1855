const NEXT_KEY_MS = 1200, UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function render({model}) {
  const {icons} = model.esm_constants

  const input = h("input", {
    type: "search", placeholder: "Find text on a mark, recipe or lot", "aria-label": "Find text on a mark, a part number, a recipe or a lot", maxlength: "200",
    onkeydown: (event) => { if (event.key === "Escape") input.blur() },
  })
  const find = h("form.find", {role: "search", onsubmit: (event) => {
    event.preventDefault()
    const wanted = input.value.trim()
    if (UUID.test(wanted)) window.location.assign(`${model.inspection_href}?id=${wanted.toLowerCase()}`)
    else window.location.assign(wanted ? `${model.search_href}?find=${encodeURIComponent(wanted)}` : model.search_href)
  }}, drawn(icons.search), input, h("kbd", {"aria-hidden": "true"}, "/"))
  input.value = new URLSearchParams(window.location.search).get("find") || ""

  const theme = h("button.button.quiet.square", {type: "button", onclick: () => {
    const dark = document.documentElement.dataset.theme !== "dark"
    document.documentElement.dataset.theme = dark ? "dark" : "light"
    remember("marksight_theme", dark ? "dark" : "light")
  }})
  const drawTheme = () => {
    const dark = document.documentElement.dataset.theme === "dark"
    const word = dark ? "Light theme" : "Dark theme"
    theme.replaceChildren(drawn(icons[dark ? "light" : "dark"]))
    theme.setAttribute("aria-label", word)
    theme.title = word
  }
  const watched = new MutationObserver(drawTheme)
  watched.observe(document.documentElement, {attributes: true, attributeFilter: ["data-theme"]})
  drawTheme()

  const health = h("div.health", {role: "status", "aria-label": "Health"})
  const drawHealth = () => health.replaceChildren(...model.health.map((part) =>
    h(`a.${part.state}`, {href: model.system_href, title: `${part.word}: ${part.says}`, "aria-label": `${part.word}: ${part.says}`},
      h("i"), h("span.word", {}, part.word))))
  model.on("health", drawHealth)
  drawHealth()

  const row = ([keys, meaning]) => [
    h("dt", {}, keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, meaning)]
  const help = h("dialog", {"aria-label": "Keys"})
  help.append(
    h("header", {}, h("h2", {}, "Keys"), h("button.button.quiet.square", {
      type: "button", "aria-label": "Close", onclick: () => help.close(),
    }, drawn(icons.close))),
    model.keys.length ? h("section", {}, h("h3", {}, "This page"), h("dl", {}, model.keys.flatMap(row))) : "",
    h("section", {}, h("h3", {}, "Everywhere"), h("dl", {}, [
      ["?", "Show the keys"], ["/", "Find"],
      ...model.pages.map((page) => [`g ${page.key}`, `Go to ${page.word}`]),
    ].flatMap(row))))
  const question = h("button.button.quiet.square", {
    type: "button", title: "Keys (?)", "aria-label": "Keys", onclick: () => help.showModal(),
  }, drawn(icons.help))

  let went = -Infinity
  const onkey = (event) => {
    if (!plainKey(event) || document.querySelector("[role=dialog]")) return
    const page = performance.now() - went < NEXT_KEY_MS && model.pages.find((one) => one.key === event.key)
    went = event.key === "g" ? performance.now() : -Infinity
    if (page) window.location.assign(page.href)
    else if (event.key === "/") input.select()
    else if (event.key === "?") help.open ? help.close() : help.showModal()
    else return
    event.preventDefault()
  }
  window.addEventListener("keydown", onkey)
  model.on("remove", () => {
    window.removeEventListener("keydown", onkey)
    watched.disconnect()
  })

  const place = model.place.length ? h("div.place", {title: "Site and line"}, model.place.map((part) => h("span", {}, part))) : ""
  return h("div.bar", {},
    h("a.brand", {href: model.home_href}, drawn(icons.brand), h("span", {}, "Marksight")),
    place, find, health,
    h("div.tools", {}, theme, question),
    h("div.person", {title: model.person}, drawn(icons.person), h("span.word", {}, model.person)), help)
}
