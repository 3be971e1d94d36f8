// Elements. Foreign text becomes text nodes, never markup.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
  return made;
}

function drawn(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Text from elsewhere, kept apart from what surrounds it whichever way it is written.
function foreign(text) {
  return element("bdi", {}, readable(text));
}

// A sentence in which what stands between backticks is code.
function prose(text) {
  return readable(text).split(/`([^`]+)`/).map((part, index) =>
    index % 2 ? element("code", {}, part) : part && element("bdi", {}, part));
}

// Control characters do not reach the page.
function readable(text) {
  return String(text).replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "\ufffd");
}

// A name, which may be broken after a slash or an underscore.
function name(text) {
  const parts = readable(text).split(/(?<=[/_])/);
  return element("code", {}, element("bdi", {}, parts.flatMap((part, index) =>
    index ? [document.createElement("wbr"), part] : [part])));
}

// A number rounded for reading, which carries its exact value.
function number(value) {
  if (value === null) return element("span", {class: "quiet"}, "–");
  return element("data", {value: exact(value), title: exact(value)}, rounded(value));
}

function whole(value) {
  return value === null ? element("span", {class: "quiet"}, "–") : integer(value);
}

// An address is linked if it is one of the web, as the template has it.
function source(address, label) {
  if (!/^https?:\/\/[^\s"'<>]+$/.test(address)) return foreign(label || address);
  return element("a", {href: address, rel: "noreferrer"}, foreign(label || address));
}

// Sets a control; false where a list has no such choice.
function set(control, value) {
  if (control.options && ![...control.options].some((option) => option.value === value)) return false;
  control.value = value;
  return true;
}

// Replaces what is inside an element; parts may be lists.
function fill(host, ...children) {
  host.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
}

function choice(label, name, options, attributes = {}) {
  const select = element("select", {name, ...attributes}, options.map(([value, text]) =>
    element("option", {value}, readable(text))));
  return element("label", {}, element("span", {}, label), select);
}

function copied(text) {
  const button = element("button", {type: "button"}, "Copy");
  const status = element("span", {role: "status", class: "quiet"});
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = " copied";
    } catch {
      // Refused, or an old browser: leave the text selected, ready for the keyboard.
      getSelection().selectAllChildren(button.previousElementSibling);
      status.textContent = " selected: press Ctrl+C";
    }
  });
  return [element("code", {class: "copy"}, readable(text)), " ", button, status];
}
