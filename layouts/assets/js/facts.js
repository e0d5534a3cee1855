// What is known of one thing, with what can be done about it. The markup comes escaped from `layouts`.

export function render({model}) {
  const {icons} = model.esm_constants
  const body = h("div.known")
  const title = h("h2")
  const box = h("section.box")
  const {acts, filters} = steering(model, box)
  const leave = h("button.button.quiet.square", {type: "button", title: "Close", "aria-label": "Close", onclick: () => model.send_msg({act: "leave"})}, drawn(icons.close))
  const draw = () => {
    title.textContent = model.title
    box.setAttribute("aria-label", model.title)
    if (model.html) body.innerHTML = model.html
    else body.replaceChildren(skeleton("Still waiting for this station."))
    body.querySelectorAll("time").forEach((time) => time.replaceWith(clock(time.dateTime)))
  }
  model.on(["title", "html"], draw)
  draw()
  box.append(h("div.head", {}, title, filters, model.leaves ? leave : ""), body, h("div.foot", {}, acts))
  return box
}
