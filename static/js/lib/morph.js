// Swaps that morph the page with idiomorph: a response changes the elements that differ and leaves
// the others in place, with their focus, selection and listeners.

// hx-swap="morph" and "morph:innerHTML". Idiomorph's own htmx extension would make each out-of-band
// swap replace its target, so we do not use it.
window.htmx?.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, target, fragment) {
    if (!style.startsWith("morph")) return false;
    const morphStyle = style === "morph" ? "outerHTML" : "innerHTML";
    return Idiomorph.morph(target, fragment.children, { morphStyle });
  },
});

/**
 * Configure what a response does not change. Elements with data-stays are neither changed nor
 * removed, what was opened stays open, and what can be focused stays focusable.
 *   keepsElement(element, fresh)    whether the element stays as it is, with all inside it
 *   keepsAttribute(name, element)   whether the element keeps this attribute
 */
export function configureMorph({ keepsElement = () => false, keepsAttribute = () => false } = {}) {
  const stays = (node) => node.dataset && "stays" in node.dataset;
  Object.assign(Idiomorph.defaults.callbacks, {
    beforeNodeMorphed: (node, fresh) =>
      !stays(node) && !(node.dataset && keepsElement(node, fresh)),
    beforeNodeRemoved: (node) => !stays(node),
    beforeAttributeUpdated: (name, element) =>
      name !== "tabindex" &&
      !(name === "open" && element.localName === "details") &&
      !keepsAttribute(name, element),
  });
}
