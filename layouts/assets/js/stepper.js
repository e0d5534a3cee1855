// Moves from one inspection to the next in place; the address follows, so that a link, back and forward show the same one.

export function render({model}) {
  const title = h("h1")
  const go = (id) => {
    if (!id) return
    const query = new URLSearchParams(window.location.search)
    query.set("id", id)
    query.delete("make")  // that was asked of the one before
    window.history.pushState({id}, "", `${window.location.pathname}?${query}`)
    model.send_msg({show: id})
  }
  const back = h("a.button.quiet.back", {href: model.back_href, title: "All results (Escape)"}, "All results")
  const newer = h("button.button", {type: "button", title: "Newer (k)", onclick: () => go(model.newer)}, "Newer", h("kbd", {"aria-hidden": "true"}, "k"))
  const older = h("button.button", {type: "button", title: "Older (j)", onclick: () => go(model.older)}, "Older", h("kbd", {"aria-hidden": "true"}, "j"))

  const draw = () => {
    newer.disabled = !model.newer
    older.disabled = !model.older
    title.replaceChildren(model.title, model.created_at ? clock(model.created_at) : "")
  }
  const onkey = (event) => {
    if (!plainKey(event)) return
    if (event.key === "k") go(model.newer)
    else if (event.key === "j") go(model.older)
    else if (event.key === "Escape" && !document.querySelector("[role=dialog]")) window.location.assign(model.back_href)
  }
  const onpop = () => {
    const id = new URLSearchParams(window.location.search).get("id")
    if (id) model.send_msg({show: id})
  }
  window.addEventListener("keydown", onkey)
  window.addEventListener("popstate", onpop)
  model.on("remove", () => {
    window.removeEventListener("keydown", onkey)
    window.removeEventListener("popstate", onpop)
  })
  model.on(["newer", "older", "title", "created_at"], draw)
  draw()
  return h("div.row", {}, back, title, newer, older)
}
