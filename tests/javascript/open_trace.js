/**
 * Opens trace files as the page does. The question is {files: base64[]}. The answer for each file is {error}, or the
 * message that describes it to the page and all its rows of logits in one array, as base64 of float32.
 */

import { openTraceFile } from "../../assets/common/trace_file.js";
import { answer, asked } from "./asked.js";

const opened = [];
for (const content of asked().files) {
  try {
    const file = await openTraceFile(new File([Buffer.from(content, "base64")], "trace.json.gz"));
    const { message } = file;
    const rows = message.steps.map((_, index) => Buffer.from(file.logits(index).buffer));
    opened.push({ message, rows: Buffer.concat(rows).toString("base64") });
  } catch (error) {
    opened.push({ error: error.message });
  }
}
answer(opened);
