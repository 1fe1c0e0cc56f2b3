/** Does something that the server may refuse, and shows the sentence with which it does. */

import { make, setText } from "../common/dom.js";

export class Tried {
  element = make("p", "pg-notice");

  constructor() {
    this.element.role = "alert";
  }

  /** @param {() => Promise<unknown>} deed @returns {Promise<boolean>} whether it was done */
  async run(deed) {
    setText(this.element, "");
    try {
      await deed();
      return true;
    } catch (error) {
      setText(this.element, error.message);
      return false;
    }
  }
}
