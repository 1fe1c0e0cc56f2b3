/** Shows the address of the class, large enough for the last row, with its QR code. */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";

export class AddressCard {
  constructor() {
    this.says = make("p", "pg-class-join", t("Open this address to join the class:"));
    this.address = make("p", "pg-class-address");
    this.picture = make("img", "pg-class-qr");
    this.picture.alt = t("QR code of this address");
    this.element = make("div", "pg-class-card", make("div", "", this.says, this.address), this.picture);
    this.element.hidden = true;
  }

  /** @param {{address: string, qr: string} | null} shown  `qr` is an SVG picture; null hides the card */
  show(shown) {
    this.element.hidden = shown === null;
    if (!shown) return;
    setText(this.address, shown.address);
    const picture = shown.qr.includes("xmlns=") ? shown.qr : shown.qr.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'); // a picture needs it
    const source = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture)}`; // in which nothing runs, whatever it holds
    if (this.picture.getAttribute("src") !== source) this.picture.src = source;
  }
}
