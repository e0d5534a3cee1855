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
    const chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark"
    wear(chosen)
    model.send_msg({prefer: {theme: chosen}})
  }})
  function wear(wish) {
    const dark = wish === "dark" || (wish === "system" && window.matchMedia("(prefers-color-scheme: dark)").matches)
    document.documentElement.dataset.theme = dark ? "dark" : "light"
    remember("marksight_theme", wish)
  }
  // What was changed elsewhere on the page. Without an account the browser alone keeps it.
  function prefer() {
    const {theme: wish, time_zone: wanted} = model.preferred
    if (model.everybody) remember("marksight_preferences", encodeURIComponent(JSON.stringify(model.preferred)))
    if (wish && cookie("marksight_theme") !== wish) wear(wish)
    if ((wanted || "") !== (document.documentElement.dataset.zone || "")) window.location.reload()  // every time is told anew
  }
  model.on("preferred", prefer)
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

  const person = model.everybody
    ? h("a.person.everybody", {href: model.account_href, title: "Whoever reaches this server is let in (MARKSIGHT_SINGLE_USER). Preferences are behind this."},
        drawn(icons.person), h("span", {}, "No sign-in"))
    : h("details.person", {},
        h("summary", {title: `${model.person}, ${model.role}`, "aria-label": `Signed in as ${model.person}`},
          drawn(icons.person), h("span.word", {}, model.person)),
        h("form", {method: "post", action: "/sign-out"},
          h("p", {}, h("b", {}, model.person), h("span", {}, model.role)),
          h("a.button", {href: model.account_href}, "Your account"),
          h("button.button", {type: "submit"}, "Sign out")))
  const close = (event) => { if (person.open && !event.composedPath().includes(person)) person.open = false }
  const escape = (event) => { if (event.key === "Escape" && person.open) { person.open = false; person.firstChild.focus() } }
  document.addEventListener("click", close)
  document.addEventListener("keydown", escape)
  model.on("remove", () => {
    document.removeEventListener("click", close)
    document.removeEventListener("keydown", escape)
  })

  const place = model.place.length ? h("div.place", {title: "Site and line"}, model.place.map((part) => h("span", {}, part))) : ""
  return h("div.bar", {},
    h("a.brand", {href: model.home_href}, drawn(icons.brand), h("span", {}, "Marksight")),
    place, find, health,
    h("div.tools", {}, theme, question),
    person, help)
}
