// What is in the drawer is in the address, so that it opens and closes at once, however far the server is.

export function render({model}) {
  const main = h("div.main"), run = h("section.side", {"aria-label": "Run"}), send = h("section.side", {"aria-label": "New run"})
  const sides = {run, send}
  const sheet = h("div.sheet", {}, main, run, send)

  const open = () => {
    const {run: opened, send: sent} = address()
    const shown = sent && model.send.length ? "send" : opened ? "run" : ""
    sheet.dataset.shown = shown
    for (const [name, side] of Object.entries(sides)) side.hidden = name !== shown
  }
  fillSlots(model, {main, run, send})
  window.addEventListener("popstate", open)
  model.on("remove", () => window.removeEventListener("popstate", open))
  open()
  return sheet
}
