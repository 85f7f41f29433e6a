// The part of anywidget's model that a widget uses, on a page that has no kernel to sync with.

export class PageModel {
  #state;
  #handlers = new Map();

  constructor(state) {
    this.#state = state;
  }

  get(name) {
    return this.#state[name];
  }

  set(name, value) {
    if (Object.is(this.#state[name], value)) return;
    this.#state[name] = value;
    for (const event of [`change:${name}`, "change"]) {
      for (const handler of [...(this.#handlers.get(event) ?? [])]) handler();
    }
  }

  save_changes() {}

  on(event, handler) {
    if (!this.#handlers.has(event)) this.#handlers.set(event, new Set());
    this.#handlers.get(event).add(handler);
  }

  off(event, handler) {
    this.#handlers.get(event)?.delete(handler);
  }
}
