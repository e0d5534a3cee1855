// Fills each slot, an element by the name of a list of children of the model, with those children, now and as they change.
function fillSlots(model, slots) {
  const fill = (slot, name) => {
    const children = model.get_child(name)
    children.forEach((child, index) => {
      const sizing = model[name][index].sizing_mode || ""
      child.classList.toggle("fills", sizing.includes("both") || sizing.includes("height"))
    })
    slot.replaceChildren(...children)
  }
  for (const [name, slot] of Object.entries(slots)) {
    fill(slot, name)
    model.on(name, () => fill(slot, name))
  }
}
