/** Shows where the parameters of the model are: a line for each part, with a bar, a number and a share. */

import { make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { scroller } from "../../common/scroller.js";
import { count, percent } from "../../common/words.js";
import { headerCell } from "../../attention/table_fold.js";
import { rowsOf, totalOf } from "./parts.js";

export class Parameters {
  constructor() {
    this.title = make("div", "pg-bars-title");
    this.body = make("tbody");
    const head = make("tr", "", ...[t("part"), t("bar"), t("parameters"), t("share")].map((name) => headerCell(name, "col")));
    this.table = make("table", "pg-table pg-parameters", make("thead", "", head), this.body);
    this.total = make("p", "pg-muted");
    this.element = make("figure", "pg-parameters-figure", this.title, scroller(t("Parameters of each part"), this.table), this.total);
    this.element.ariaLabel = t("Parameters of each part");
  }

  /** @param {import("./reader.js").Drawing} drawing */
  show(drawing) {
    const rows = rowsOf(drawing);
    const largest = Math.max(...rows.map(({ share }) => share));
    setText(this.title, t("Where the {parameters} parameters of {model} are", { parameters: drawing.parameters, model: drawing.model }));
    setText(this.total, totalOf(drawing));
    this.body.replaceChildren(
      ...rows.map(({ name, parameters, share, shapes }) => {
        const bar = make("span", "pg-parameters-bar");
        bar.style.width = `${(100 * share) / largest}%`;
        const line = make("tr", "", headerCell(name, "row"), make("td", "pg-parameters-room", bar), make("td", "", count(parameters)), make("td", "", percent(share)));
        line.title = shapes;
        return line;
      }),
    );
  }
}
