// What is in the drawer is in the address, so that it opens and closes at once, however far the server is.

export function render({model}) {
  const main = h("div.main"), run = h("section.side", {"aria-label": "Run"}), send = h("section.side", {"aria-label": "New run"})
  const sides = {run, send}
  const sheet = h("div.sheet", {}, main, run, send)

  const fill = (slot, name) => {
    const children = model.get_child(name)
    children.forEach((child, index) => {
      const sizing = model[name][index].sizing_mode || ""
      child.classList.toggle("fills", sizing.includes("both") || sizing.includes("height"))
    })
    slot.replaceChildren(...children)
  }
  const open = () => {
    const {run: opened, send: sent} = address()
    const shown = sent ? "send" : opened ? "run" : ""
    sheet.dataset.shown = shown
    for (const [name, side] of Object.entries(sides)) side.hidden = name !== shown
  }
  for (const [slot, name] of [[main, "main"], [run, "run"], [send, "send"]]) {
    fill(slot, name)
    model.on(name, () => fill(slot, name))
  }
  window.addEventListener("popstate", open)
  model.on("remove", () => window.removeEventListener("popstate", open))
  open()
  return sheet
}
